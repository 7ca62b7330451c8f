/** The machine's own clocks. */
import type { Alarm, Clock } from '../ports/clock.ts';

/** The longest wait that a Node timer can do; a longer one is done in parts. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Somebody may set the wall clock while we wait for it, and nobody tells us: it is looked at again after this. */
const WALL_CHECK_MS = 60_000;

const wallNow = (): number => Date.now();
const monotonicNow = (): number => performance.now();

export const systemClock: Clock = {
  now: wallNow,
  monotonicNow,
  wakeAt: (timeMs, wake) => new SystemAlarm(timeMs, wake, wallNow, WALL_CHECK_MS),
  wakeAtMonotonic: (timeMs, wake) => new SystemAlarm(timeMs, wake, monotonicNow, TIMER_MAX_MS),
};

class SystemAlarm implements Alarm {
  readonly #timeMs: number;
  readonly #wake: () => void;
  readonly #now: () => number;
  readonly #partMaxMs: number;
  #timer: NodeJS.Timeout;

  constructor(timeMs: number, wake: () => void, now: () => number, partMaxMs: number) {
    this.#timeMs = timeMs;
    this.#wake = wake;
    this.#now = now;
    this.#partMaxMs = partMaxMs;
    this.#timer = this.#wait();
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }

  #wait(): NodeJS.Timeout {
    // Rounded up: a timer that is early by part of a millisecond would only be set again.
    const waitMs = Math.max(0, Math.ceil(this.#timeMs - this.#now()));
    return setTimeout(this.#look, Math.min(waitMs, this.#partMaxMs));
  }

  readonly #look = (): void => {
    if (this.#now() >= this.#timeMs) this.#wake();
    else this.#timer = this.#wait();
  };
}
