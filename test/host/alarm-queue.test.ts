import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import fc from 'fast-check';
import { AlarmQueue } from '../../src/host/alarm-queue.ts';

describe('an alarm queue', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const queue = (): AlarmQueue => new AlarmQueue({ now: () => Date.now(), waitMaxMs: 60_000 });

  it('runs each alarm that is not cancelled once, in the order of their times, and not too early', () => {
    const moments = fc.array(fc.record({ waitMs: fc.integer({ min: -5, max: 300 }), isCancelled: fc.boolean() }));
    fc.assert(
      fc.property(moments, (all) => {
        const alarms = queue();
        const startMs = Date.now();
        const rung: { number: number; atMs: number }[] = [];
        const set = all.map(({ waitMs }, number) =>
          alarms.add(startMs + waitMs, () => rung.push({ number, atMs: Date.now() - startMs })),
        );
        expect(rung).toEqual([]);
        for (const [number, { isCancelled }] of all.entries()) if (isCancelled) set[number]?.cancel();
        vi.advanceTimersByTime(1_000);
        const due = [...all.entries()].filter(([, { isCancelled }]) => !isCancelled);
        const inOrder = due.sort(([, one], [, other]) => one.waitMs - other.waitMs).map(([number]) => number);
        expect(rung.map(({ number }) => number)).toEqual(inOrder);
        expect(rung.every(({ number, atMs }) => atMs >= (all[number]?.waitMs ?? 0))).toBe(true);
        expect([alarms.size, vi.getTimerCount()]).toEqual([0, 0]);
      }),
    );
  });

  it('accepts new alarms while one runs, and continues when one throws', () => {
    const alarms = queue();
    const rung: string[] = [];
    alarms.add(Date.now() + 10, () => {
      rung.push('first');
      alarms.add(Date.now(), () => rung.push('later'));
      throw new Error('a defect');
    });
    alarms.add(Date.now() + 20, () => rung.push('second'));
    expect(() => vi.advanceTimersByTime(10)).toThrow('a defect');
    vi.advanceTimersByTime(20);
    expect(rung).toEqual(['first', 'later', 'second']);
  });

  it('lets other work run between many due alarms', () => {
    const alarms = queue();
    let rung = 0;
    for (let count = 0; count < 100; count += 1) alarms.add(Date.now() + 10, () => (rung += 1));
    vi.advanceTimersToNextTimer();
    expect(rung).toBeLessThan(100);
    vi.advanceTimersByTime(100);
    expect(rung).toBe(100);
  });
});
