/** Fills the totals for the daily limits from the journal at a start. */
import { DESK_LIMITS } from '../desk/limits.ts';
import { everyPage, NO_PAGE, type Archive, type Cursor, type StoredPage } from '../ports/archive.ts';
import type { Journal, StoredOffer } from '../ports/journal.ts';
import type { OfferKey } from '../protocol/ids.ts';
import type { DailyTotals } from '../rules/daily-totals.ts';

/** Counts offers in progress and deals of today. A deal is both until its report is acknowledged, and counts once. */
export async function restoreTotals(
  totals: DailyTotals,
  journal: Journal & Partial<Archive>,
  now: number,
): Promise<void> {
  const restored = new Set<OfferKey>();
  const restore = ({ offer, records }: StoredOffer): void => {
    if (restored.has(offer)) return;
    restored.add(offer);
    const taken = records.flatMap(({ role, record }) => (role === 'taker' ? [record] : []));
    totals.replay(offer, taken);
  };
  (await journal.readUnfinished()).forEach(restore);
  const filter = { sinceMs: new Date(now).setUTCHours(0, 0, 0, 0), inDoubt: false };
  const dealsOfToday = async (after: Cursor | undefined): Promise<StoredPage> =>
    (await journal.readDeals?.({ ...filter, after, limit: DESK_LIMITS.journalPageMax })) ?? NO_PAGE;
  for await (const page of everyPage(dealsOfToday)) page.forEach(restore);
}
