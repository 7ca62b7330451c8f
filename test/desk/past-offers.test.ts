/** Offers that are only in the journal: found by the first digits of an id, and deals page by page. */
import { expect, it, vi } from 'vitest';
import { PastOffers } from '../../src/desk/past-offers.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { MemoryJournal } from '../../src/store/memory-journal.ts';
import { awarded, ofMaker, opened, reserved, SAMPLE_MAKER, sampleKey } from '../../src/testing/sample-records.ts';

const unsigned = () => Promise.reject(new Error('nothing is signed here'));
const SIGNER = { id: SAMPLE_MAKER, signFact: unsigned, signConfirmation: unsigned };

const ACTIVITY = { activityOf: () => ({ makerSeenAt: 0, isStale: false }) };

async function past(count: number, ...more: readonly string[]): Promise<PastOffers> {
  const journal = new MemoryJournal();
  const ids = [...Array.from({ length: count }, (_, index) => `abcd${index}`), ...more];
  for (const id of ids) await journal.append({ offer: sampleKey(id), records: ofMaker(opened(id)), finished: true });
  return new PastOffers(SIGNER, journal, ACTIVITY);
}

it('finds up to offersFoundMax offers by the first digits of an id', async () => {
  expect(await (await past(LIMITS.offersFoundMax)).startingWith('abcd')).toHaveLength(LIMITS.offersFoundMax);
});

it('refuses when more offers match, rather than returning some of them', async () => {
  const offers = await past(LIMITS.offersFoundMax + 1);
  await expect(offers.startingWith('abcd')).rejects.toMatchObject({
    code: 'ERR_USAGE',
    message: expect.stringMatching(/more than 100 offers begin with abcd: give more digits/) as string,
  });
});

it('finds an offer by its whole id among any number of matches', async () => {
  const [found, second] = await (await past(2 * LIMITS.offersFoundMax, 'abcd')).startingWith('abcd');
  expect([found?.terms.offerId, second]).toEqual(['abcd', undefined]);
});

it('the first page of deals has the total, and reads no more deals than it returns', async () => {
  const journal = new MemoryJournal();
  for (const id of ['a', 'b', 'c', 'd'])
    await journal.append({
      offer: sampleKey(id),
      records: ofMaker(opened(id), reserved(1), awarded(1)),
      finished: true,
    });
  const read = vi.spyOn(journal, 'readDeals');
  const offers = new PastOffers(SIGNER, journal, ACTIVITY);
  const first = await offers.deals({ limit: 2 }, []);
  expect(first).toMatchObject({ deals: [{ terms: { offerId: 'd' } }, { terms: { offerId: 'c' } }], total: 4 });
  expect(read.mock.calls).toHaveLength(1);
  const second = await offers.deals({ limit: 2, after: first.next ?? '' }, []);
  expect(second).toMatchObject({ deals: [{ terms: { offerId: 'b' } }, { terms: { offerId: 'a' } }], total: null });
  expect(await offers.deals({ limit: 0 }, [])).toEqual({ deals: [], total: 4, next: null });
  const none = { deals: [], total: null, next: first.next };
  expect(await offers.deals({ limit: 0, after: first.next ?? '' }, [])).toEqual(none);
  expect(await offers.deals({ limit: 2, result: 'done' }, [])).toEqual({ deals: [], total: 0, next: null });
});
