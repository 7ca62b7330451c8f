/** What a journal still knows of offers that are not in memory any more. */
import type { StoredOffer } from './journal.ts';

export interface Archive {
  /** Offers whose id begins so, whoever their maker is; in no particular order, at most `limit`. */
  findOffers(idPrefix: string, limit: number): Promise<readonly StoredOffer[]>;

  /**
   * Offers that became a deal or may have become one: awarded, confirmed, won or closed by hand, at `sinceMs` (milliseconds
   * since 1970, this desk's clock) or later. The latest first, at most `limit`.
   */
  readDeals(sinceMs: number, limit: number): Promise<readonly StoredOffer[]>;
}
