/** Finds offers by their id alone. Most ids have one maker, but anybody can use the id of another maker's offer. */
import { offerIdOf, type OfferKey } from '../protocol/ids.ts';

export class OfferIdIndex {
  /** A set for each id would be most of an offer's memory. */
  readonly #keys = new Map<string, OfferKey | Set<OfferKey>>();

  /** The offers with this id, of any maker. */
  withId(offerId: string): readonly OfferKey[] {
    const keys = this.#keys.get(offerId) ?? [];
    return typeof keys === 'string' ? [keys] : [...keys];
  }

  add(key: OfferKey): void {
    const offerId = offerIdOf(key);
    const known = this.#keys.get(offerId);
    if (known === undefined) this.#keys.set(offerId, key);
    else if (typeof known !== 'string') known.add(key);
    else if (known !== key) this.#keys.set(offerId, new Set([known, key]));
  }

  remove(key: OfferKey): void {
    const offerId = offerIdOf(key);
    const known = this.#keys.get(offerId);
    if (known === key) this.#keys.delete(offerId);
    else if (known instanceof Set && known.delete(key) && known.size === 0) this.#keys.delete(offerId);
  }
}
