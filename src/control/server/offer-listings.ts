/**
 * Lists of offers that are read page by page. The book changes all the time, and reading the journal takes long. So a list that does
 * not fit into one answer is stored for a short time, as it was at its first page.
 */
import { randomBytes } from 'node:crypto';
import { GrapevineError } from '../../protocol/errors.ts';
import { CONTROL_LIMITS } from '../limits.ts';
import type { Offer, ResponseOf } from '../contract.ts';

type OffersPage = ResponseOf<'offers'>;

interface Listing {
  readonly offers: readonly Offer[];
  usedAt: number;
}

const NAME_BYTES = 8;

export class OfferListings {
  /** The most recently used one is last. */
  readonly #listings = new Map<string, Listing>();
  readonly #now: () => number;

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#listings.size;
  }

  first(offers: readonly Offer[], offset = 0, limit: number = CONTROL_LIMITS.controlPageMax): OffersPage {
    const name = randomBytes(NAME_BYTES).toString('hex');
    return this.#page(name, offers, offset, limit);
  }

  /**
   * @param after `next` of the previous page
   * @throws GrapevineError ERR_USAGE when that list is no longer stored
   */
  next(after: string, limit: number = CONTROL_LIMITS.controlPageMax): OffersPage {
    this.#removeOld();
    const [name = '', offset = ''] = after.split('.');
    const listing = this.#listings.get(name);
    if (listing === undefined || !/^\d{1,15}$/.test(offset))
      throw new GrapevineError('ERR_USAGE', 'that list is no longer stored; begin again, without "after"');
    if (limit === 0) return { offers: [], total: listing.offers.length, next: after };
    return this.#page(name, listing.offers, Number(offset), limit);
  }

  #page(name: string, offers: readonly Offer[], offset: number, limit: number): OffersPage {
    const end = offset + limit;
    // A request for zero offers only asks for their number.
    const hasMore = limit > 0 && end < offers.length;
    this.#listings.delete(name);
    if (hasMore) this.#listings.set(name, { offers, usedAt: this.#now() });
    this.#removeOld();
    return { offers: offers.slice(offset, end), total: offers.length, next: hasMore ? `${name}.${end}` : null };
  }

  #removeOld(): void {
    const oldest = this.#now() - CONTROL_LIMITS.controlListingKeptMs;
    for (const [name, { usedAt }] of this.#listings)
      if (usedAt < oldest || this.#listings.size > CONTROL_LIMITS.controlListingsMax) this.#listings.delete(name);
  }
}
