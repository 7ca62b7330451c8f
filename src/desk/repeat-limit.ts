/**
 * How often open offers are announced again. Each offer has its time for it, so that the cost would grow with their number; but who
 * comes late is asked for its list, or asks for ours, and who waits asks what became of it. So beyond a limit it is left out this time.
 */
import type { Clock } from '../ports/clock.ts';
import { DESK_LIMITS } from './limits.ts';

const SECOND_MS = 1_000;

export class RepeatLimit {
  readonly #clock: Pick<Clock, 'monotonicNow'>;
  #secondBegan = -Infinity;
  #count = 0;

  constructor(clock: Pick<Clock, 'monotonicNow'>) {
    this.#clock = clock;
  }

  mayRepeat(): boolean {
    const now = this.#clock.monotonicNow();
    if (now - this.#secondBegan >= SECOND_MS) {
      this.#secondBegan = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= DESK_LIMITS.announcedAgainPerSecond;
  }
}
