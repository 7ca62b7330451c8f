/**
 * One desk's clock: a function of virtual time that is wrong by a constant, runs too fast or too slow, and jumps. Its alarms
 * are the machine's: they wait for a span of real time that was worked out when they were set, and no jump changes that,
 * exactly as with `host/system-clock.ts`.
 */
import type { Alarm, Clock } from '../src/ports/clock.ts';
import type { Timeline } from './timeline.ts';

/** What the clocks of a world count from; a fixed date, so that traces can be compared. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);

/** The shortest wait of a Node timer. */
const ALARM_MIN_MS = 1;

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
    return EPOCH_MS + Math.floor(this.#timeline.now * this.#rate) + this.#offsetMs;
  }

  jump(byMs: number): void {
    this.#offsetMs += byMs;
  }

  wakeAt(timeMs: number, wake: () => void): Alarm {
    const waitMs = Math.ceil((timeMs - this.now()) / this.#rate);
    return this.#timeline.after(Math.max(ALARM_MIN_MS, waitMs) + this.#lateMs(), wake);
  }

  /** The clock as one life of a desk has it: with its alarms, which end when it dies. */
  forLife(life: { readonly alive: boolean }): Clock & { readonly alarmCount: number } {
    const alarms = new Set<Alarm>();
    return {
      now: () => this.now(),
      get alarmCount() {
        return alarms.size;
      },
      wakeAt: (timeMs, wake) => {
        const alarm = this.wakeAt(timeMs, () => {
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
      },
    };
  }
}
