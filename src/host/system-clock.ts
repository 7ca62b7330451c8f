/** The machine's own clock. */
import type { Alarm, Clock } from '../ports/clock.ts';

/** The longest wait that a Node timer can do; a longer one is done in parts. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  wakeAt: (timeMs, wake) => new SystemAlarm(timeMs, wake),
};

class SystemAlarm implements Alarm {
  #timer: NodeJS.Timeout;

  constructor(timeMs: number, wake: () => void) {
    this.#timer = this.#set(timeMs, wake);
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }

  #set(timeMs: number, wake: () => void): NodeJS.Timeout {
    const waitMs = Math.max(0, timeMs - Date.now());
    if (waitMs <= TIMER_MAX_MS) return setTimeout(wake, waitMs);
    return setTimeout(() => {
      this.#timer = this.#set(timeMs, wake);
    }, TIMER_MAX_MS);
  }
}
