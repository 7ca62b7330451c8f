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
  readonly #kept = new Map<string, Listing>();
  readonly #now: () => number;

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#kept.size;
  }

  begin(offers: readonly Offer[], offset = 0, limit: number = CONTROL_LIMITS.controlPageMax): OffersPage {
    const name = randomBytes(NAME_BYTES).toString('hex');
    return this.#page(name, offers, offset, limit);
  }

  /**
   * @param after `next` of the previous page
   * @throws GrapevineError ERR_USAGE when that list is no longer stored
   */
  goOn(after: string, limit: number = CONTROL_LIMITS.controlPageMax): OffersPage {
    this.#forgetOld();
    const [name = '', offset = ''] = after.split('.');
    const listing = this.#kept.get(name);
    if (listing === undefined || !/^\d{1,15}$/.test(offset))
      throw new GrapevineError('ERR_USAGE', 'that list is not kept any more; begin again, without "after"');
    return this.#page(name, listing.offers, Number(offset), limit);
  }

  #page(name: string, offers: readonly Offer[], offset: number, limit: number): OffersPage {
    const end = offset + limit;
    // A request for zero offers only asks for their number.
    const hasMore = limit > 0 && end < offers.length;
    this.#kept.delete(name);
    if (hasMore) this.#kept.set(name, { offers, usedAt: this.#now() });
    this.#forgetOld();
    return { offers: offers.slice(offset, end), total: offers.length, next: hasMore ? `${name}.${end}` : null };
  }

  #forgetOld(): void {
    const oldest = this.#now() - CONTROL_LIMITS.controlListingKeptMs;
    for (const [name, { usedAt }] of this.#kept)
      if (usedAt < oldest || this.#kept.size > CONTROL_LIMITS.controlListingsMax) this.#kept.delete(name);
  }
}
