/** Offers that only the journal still has, found by the beginning of an id. */
import { expect, it } from 'vitest';
import { PastOffers } from '../../src/desk/past-offers.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { MemoryJournal } from '../../src/store/memory-journal.ts';
import { ofMaker, opened, SAMPLE_MAKER, sampleKey } from '../../src/testing/sample-records.ts';

const unsigned = () => Promise.reject(new Error('nothing is signed here'));
const SIGNER = { id: SAMPLE_MAKER, signFact: unsigned, signConfirmation: unsigned };

async function past(count: number, ...more: readonly string[]): Promise<PastOffers> {
  const journal = new MemoryJournal();
  const ids = [...Array.from({ length: count }, (_, index) => `abcd${index}`), ...more];
  for (const id of ids) await journal.append({ offer: sampleKey(id), records: ofMaker(opened(id)), finished: true });
  return new PastOffers(SIGNER, journal, { sighting: () => ({ makerSeenAt: 0, isStale: false }) });
}

it('as many as anybody can choose from', async () => {
  expect(await (await past(LIMITS.offersFoundMax)).startingWith('abcd')).toHaveLength(LIMITS.offersFoundMax);
});

it('more are a refusal that says so, and not a part of them', async () => {
  const offers = await past(LIMITS.offersFoundMax + 1);
  await expect(offers.startingWith('abcd')).rejects.toMatchObject({
    code: 'ERR_USAGE',
    message: expect.stringMatching(/more than 100 offers begin with abcd: say more/) as string,
  });
});

it('one whose whole id was said is found among any number', async () => {
  const [found, second] = await (await past(2 * LIMITS.offersFoundMax, 'abcd')).startingWith('abcd');
  expect([found?.terms.offerId, second]).toEqual(['abcd', undefined]);
});
