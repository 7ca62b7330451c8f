/**
 * What a journal still knows of offers that are not in memory any more. Long lists are read in pages. Each page is read in a
 * turn of the event loop of its own, so that a desk goes on dealing while everything is read.
 *
 * A cursor belongs to one walk through a list. What is appended while somebody walks repeats nothing and hides nothing: each
 * offer keeps the place that it had at the first page. The records of the offers on a page are the newest.
 */
import type { StoredOffer } from './journal.ts';

/** Opaque, printable ASCII without spaces; valid for the query that it came from, also after a restart. */
export type Cursor = string;

export interface StoredPage {
  readonly offers: readonly StoredOffer[];
  /** Where the next page begins; null: that was all. A page with a `next` may still be the last one that has offers. */
  readonly next: Cursor | null;
}

export interface DealsFilter {
  /** Deals at this time or later; milliseconds since 1970, this desk's clock. All by default. */
  readonly sinceMs?: number | undefined;
  /** Deals before this time. All by default. */
  readonly untilMs?: number | undefined;
  /** True: only confirmed and not yet decided. False: only decided. Both by default. */
  readonly inDoubt?: boolean | undefined;
  /** Only decided deals with these reports: `failed` if a side says so, else `done` if a side says so, else `open`. */
  readonly result?: 'open' | 'done' | 'failed' | undefined;
}

export interface StoredDealsQuery extends DealsFilter {
  readonly after?: Cursor | undefined;
  readonly limit: number;
}

export interface Archive {
  /** Offers of any maker whose id has this prefix, in no particular order. With more than `limit`, those with the shortest ids. */
  findOffers(idPrefix: string, limit: number): Promise<readonly StoredOffer[]>;

  /**
   * Offers that are deals (awarded, won, or closed by hand) or may become one (the latest record is a confirmation). The time of a
   * deal is that of this record; the latest deal comes first.
   * @throws GrapevineError ERR_USAGE for a cursor that is none
   */
  readDeals(query: StoredDealsQuery): Promise<StoredPage>;

  /** How many there are. */
  countDeals(filter: DealsFilter): Promise<number>;

  /**
   * Finished offers (`JournalEntry.finished`), the latest first record first.
   * @throws GrapevineError ERR_USAGE for a cursor that is none
   */
  readFinished(page: { readonly after?: Cursor | undefined; readonly limit: number }): Promise<StoredPage>;
}

/** All pages of a walk, one after another. */
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
