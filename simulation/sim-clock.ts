/**
 * The clocks of one desk, computed from virtual time. The wall clock has an offset, is too fast or too slow, and jumps. The monotonic clock
 * has the same rate and never jumps. As in `host/system-clock.ts`, an alarm on the wall clock checks the clock once a minute, so a jump
 * moves it.
 */
import type { Alarm, Clock } from '../src/ports/clock.ts';
import type { Planned, Timeline } from './timeline.ts';

/** The start of a world's clocks: a fixed date, so that traces can be compared. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);

/** The shortest time of a Node timer. */
const ALARM_MIN_MS = 1;
const WALL_CHECK_MS = 60_000;

export interface ClockInit {
  readonly offsetMs: number;
  /** 1 is correct; 1.01 is one per cent too fast. */
  readonly rate: number;
  /** The delay of an alarm, as on a busy or sleeping machine. */
  readonly lateMs?: () => number;
}

export class SimClock implements Clock {
  readonly #timeline: Timeline;
  readonly #rate: number;
  readonly #lateMs: () => number;
  #offsetMs: number;

  constructor(timeline: Timeline, { offsetMs, rate, lateMs = () => 0 }: ClockInit) {
    this.#lateMs = lateMs;
    this.#timeline = timeline;
    this.#offsetMs = offsetMs;
    this.#rate = rate;
  }

  now(): number {
    return EPOCH_MS + this.monotonicNow() + this.#offsetMs;
  }

  monotonicNow(): number {
    return Math.floor(this.#timeline.now * this.#rate);
  }

  jump(byMs: number): void {
    this.#offsetMs += byMs;
  }

  wakeAt(timeMs: number, wake: () => void): Alarm {
    return this.#wakeWhen(() => timeMs - this.now(), WALL_CHECK_MS, wake);
  }

  wakeAtMonotonic(timeMs: number, wake: () => void): Alarm {
    return this.#wakeWhen(() => timeMs - this.monotonicNow(), Infinity, wake);
  }

  #wakeWhen(leftMs: () => number, partMaxMs: number, wake: () => void): Alarm {
    const wait = (): Planned => {
      const waitMs = Math.min(partMaxMs, Math.max(ALARM_MIN_MS, Math.ceil(leftMs() / this.#rate)));
      return this.#timeline.after(waitMs + this.#lateMs(), () => {
        if (leftMs() <= 0) wake();
        else planned = wait();
      });
    };
    let planned = wait();
    return {
      cancel: () => {
        planned.cancel();
      },
    };
  }

  /** The clock for one life of a desk. Its alarms end with the life. */
  forLife(life: { readonly alive: boolean }): Clock & { readonly alarmCount: number } {
    const alarms = new Set<Alarm>();
    const kept = (set: (wake: () => void) => Alarm, wake: () => void): Alarm => {
      const alarm = set(() => {
        alarms.delete(alarm);
        if (life.alive) wake();
      });
      alarms.add(alarm);
      return {
        cancel: () => {
          alarms.delete(alarm);
          alarm.cancel();
        },
      };
    };
    return {
      now: () => this.now(),
      monotonicNow: () => this.monotonicNow(),
      get alarmCount() {
        return alarms.size;
      },
      wakeAt: (timeMs, wake) => kept((woken) => this.wakeAt(timeMs, woken), wake),
      wakeAtMonotonic: (timeMs, wake) => kept((woken) => this.wakeAtMonotonic(timeMs, woken), wake),
    };
  }
}
