/**
 * Limits how many open offers are announced again in a second. Each offer has a timer for that, so the load would grow
 * with the number of offers. Above the limit, an announcement is skipped. Nothing is lost: a new desk asks for our
 * list, and a waiting taker asks for the status of its offer.
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
