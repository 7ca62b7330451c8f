/** The contract of `ports/clock.ts` as tests, for every implementation. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Alarm, Clock } from '../ports/clock.ts';

export interface ClockUnderTest {
  readonly clock: Clock;
  /** Advances both clocks, and waits until the alarms that are due have run. */
  advance(byMs: number): Promise<void>;
  /** Sets the wall clock forward or back. The monotonic clock does not change. */
  setWall(byMs: number): void | Promise<void>;
  /** Ends the test. */
  dispose?(): void | Promise<void>;
}

const HOUR_MS = 3_600_000;
/** Within this time, a clock detects that its wall time was set forward. */
const WALL_SEEN_MS = 60_000;

export function describeClockContract(name: string, open: () => ClockUnderTest): void {
  describe(`${name} as a Clock`, () => {
    let under: ClockUnderTest;
    let woken: string[];

    beforeEach(() => {
      under = open();
      woken = [];
    });
    afterEach(() => under.dispose?.());

    function set(on: 'wall' | 'monotonic', inMs: number, said: string = on): Alarm {
      const wake = (): void => void woken.push(said);
      const { clock } = under;
      return on === 'wall'
        ? clock.wakeAt(clock.now() + inMs, wake)
        : clock.wakeAtMonotonic(clock.monotonicNow() + inMs, wake);
    }

    describe.each(['wall', 'monotonic'] as const)('an alarm on the %s clock', (on) => {
      it('wakes once, and not before its time', async () => {
        set(on, 1_000);
        await under.advance(999);
        expect(woken).toEqual([]);
        await under.advance(1);
        expect(woken).toEqual([on]);
        await under.advance(HOUR_MS);
        expect(woken).toEqual([on]);
      });

      it('for a past time wakes at once, but not within the call that sets it', async () => {
        set(on, -1_000);
        set(on, 0);
        expect(woken).toEqual([]);
        await under.advance(1);
        expect(woken).toEqual([on, on]);
      });

      it('does not wake after it was cancelled', async () => {
        const alarm = set(on, 1_000);
        set(on, 2_000, 'another');
        await under.advance(500);
        alarm.cancel();
        alarm.cancel();
        await under.advance(2_000);
        expect(woken).toEqual(['another']);
      });

      it('wakes in the order of the times, and not in the order of the calls', async () => {
        for (const inMs of [300, 100, 200]) set(on, inMs, inMs.toString());
        await under.advance(1_000);
        expect(woken).toEqual(['100', '200', '300']);
      });

      it('can be weeks in the future', async () => {
        set(on, 40 * 24 * HOUR_MS);
        await under.advance(39 * 24 * HOUR_MS);
        expect(woken).toEqual([]);
        await under.advance(24 * HOUR_MS);
        expect(woken).toEqual([on]);
      });
    });

    it.each([-HOUR_MS, HOUR_MS])(
      'a wait on the monotonic clock does not change when the wall clock is set by %d ms',
      async (byMs) => {
        const before = under.clock.monotonicNow();
        set('monotonic', 1_000);
        await under.setWall(byMs);
        expect(under.clock.monotonicNow()).toBe(before);
        await under.advance(999);
        expect(woken).toEqual([]);
        await under.advance(1);
        expect(woken).toEqual(['monotonic']);
      },
    );

    it('alarms on the wall clock follow the wall clock when it is set', async () => {
      const before = under.clock.now();
      set('wall', 2 * HOUR_MS, 'late');
      set('wall', 1_000, 'soon');
      await under.setWall(-HOUR_MS);
      expect(under.clock.now()).toBe(before - HOUR_MS);
      await under.advance(HOUR_MS);
      expect(woken).toEqual([]);
      await under.advance(1_000);
      expect(woken).toEqual(['soon']);
      await under.setWall(2 * HOUR_MS);
      await under.advance(WALL_SEEN_MS);
      expect(woken).toEqual(['soon', 'late']);
    });
  });
}
