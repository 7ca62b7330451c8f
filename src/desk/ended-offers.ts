/**
 * The names of offers of others that have ended: without them an old announcement, repeated by anybody, would bring an offer
 * back that nobody has any more. Bounded; the oldest is forgotten, by which time most can't be announced again anyway.
 */
import type { OfferKey } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';

export class EndedOffers {
  readonly #keys = new Set<OfferKey>();
  readonly #max: number;

  constructor(max: number = DESK_LIMITS.endedOffersRemembered) {
    this.#max = max;
  }

  add(key: OfferKey): void {
    this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size <= this.#max) return;
    const [oldest] = this.#keys;
    if (oldest !== undefined) this.#keys.delete(oldest);
  }

  has(key: OfferKey): boolean {
    return this.#keys.has(key);
  }
}
