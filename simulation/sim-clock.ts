/**
 * One desk's clocks: functions of virtual time. The wall clock is wrong by a constant, runs too fast or too slow, and jumps; the
 * monotonic clock shares its rate and never jumps. An alarm on the wall clock looks at it again once a minute, exactly as with
 * `host/system-clock.ts`, so that a jump changes when it comes.
 */
import type { Alarm, Clock } from '../src/ports/clock.ts';
import type { Planned, Timeline } from './timeline.ts';

/** What the clocks of a world count from; a fixed date, so that traces can be compared. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);

/** The shortest wait of a Node timer. */
const ALARM_MIN_MS = 1;
const WALL_CHECK_MS = 60_000;

export interface ClockInit {
  readonly offsetMs: number;
  /** 1 is right; 1.01 gains a hundredth. */
  readonly rate: number;
  /** How much later than it should an alarm comes: the machine was busy, or asleep. */
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

  /** The clock as one life of a desk has it: with its alarms, which end when it dies. */
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
