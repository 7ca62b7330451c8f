import { expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import type { OfferBook } from '../../src/desk/offer-book.ts';
import { recoverOffers } from '../../src/desk/recovery.ts';
import { MemoryJournal } from '../../src/store/memory-journal.ts';

it('the partners of the latest dealsRecalledMax deals are restored at a start', async () => {
  const limits: number[] = [];
  const journal = Object.assign(new MemoryJournal(), {
    readDeals: ({ limit }: { limit: number }) => {
      limits.push(limit);
      return Promise.resolve({ offers: [], next: null });
    },
  });
  await recoverOffers(journal, {} as unknown as OfferBook);
  expect(limits).toEqual([LIMITS.dealsRecalledMax]);
});
