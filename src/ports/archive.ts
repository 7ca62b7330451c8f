/**
 * Reads offers from the journal that are no longer in memory. Long lists are read in pages. Each page is read in its
 * own turn of the event loop, so that the desk continues to work while a long list is read.
 *
 * A cursor belongs to one iteration over a list. Records that are appended during the iteration neither repeat nor hide
 * an offer: each offer stays at the position that it had at the first page. A page has the newest records of its
 * offers.
 */
import type { StoredOffer } from './journal.ts';

/** Opaque, printable ASCII without spaces; valid for the query that it came from, also after a restart. */
export type Cursor = string;

export interface StoredPage {
  readonly offers: readonly StoredOffer[];
  /** Where the next page begins; null at the end. A page with a `next` may still be the last one that has offers. */
  readonly next: Cursor | null;
}

export const NO_PAGE: StoredPage = { offers: [], next: null };

export interface DealsFilter {
  /** Deals at this time or later; milliseconds since 1970, this desk's clock. All by default. */
  readonly sinceMs?: number | undefined;
  /** Deals before this time. All by default. */
  readonly untilMs?: number | undefined;
  /** True: only deals that are confirmed and not yet decided. False: only decided ones. Both by default. */
  readonly inDoubt?: boolean | undefined;
  /**
   * Only decided deals with this result: `failed` if a side reported it, else `done` if a side reported it, else
   * `open`.
   */
  readonly result?: 'open' | 'done' | 'failed' | undefined;
}

export interface StoredDealsQuery extends DealsFilter {
  readonly after?: Cursor | undefined;
  readonly limit: number;
}

export interface Archive {
  /**
   * Offers of any maker whose id has this prefix, in no particular order. With more than `limit`, those with the
   * shortest ids.
   */
  findOffers(idPrefix: string, limit: number): Promise<readonly StoredOffer[]>;

  /**
   * Offers that are deals (awarded, won, or closed by hand) or may become one (the latest record is a confirmation).
   * The time of a deal is that of this record; the latest deal comes first.
   * @throws GrapevineError ERR_USAGE for an invalid cursor
   */
  readDeals(query: StoredDealsQuery): Promise<StoredPage>;

  countDeals(filter: DealsFilter): Promise<number>;

  /**
   * Finished offers (`JournalEntry.finished`), the latest first record first.
   * @throws GrapevineError ERR_USAGE for an invalid cursor
   */
  readFinished(page: { readonly after?: Cursor | undefined; readonly limit: number }): Promise<StoredPage>;
}

/** Reads a list from its first page to its last; skips empty pages. */
export async function* everyPage(
  read: (after: Cursor | undefined) => Promise<StoredPage>,
): AsyncGenerator<readonly StoredOffer[]> {
  let after: Cursor | undefined;
  do {
    const { offers, next } = await read(after);
    if (offers.length > 0) yield offers;
    after = next ?? undefined;
  } while (after !== undefined);
}
