import { expect, it } from 'vitest';
import { OfferRegistry } from '../../src/desk/offer-registry.ts';
import { offerKey, type OfferId, type PeerId } from '../../src/protocol/ids.ts';
import { foldTaker, STEPS, takerRole } from '../../src/desk/protocol-roles.ts';
import type { JournalRecord } from '../../src/protocol/records.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { ofTaker, sampleTerms, SAMPLE_MAKER } from '../../src/testing/sample-records.ts';
import { LastingJournal } from '../../testing/lasting-journal.ts';

const SELF = 'b'.repeat(64) as PeerId;
const ids = ['one', 'two', 'three'] as const;

function won(offerId: string): readonly JournalRecord[] {
  return ofTaker(
    { type: 'accepting', at: 1, terms: sampleTerms(offerId), dialect: 'grapevine' },
    { type: 'confirmed', at: 2, epoch: 1 },
    { type: 'won', at: 3, epoch: 1 },
  );
}

it('a finished offer that is resumed stays in memory until it is finished again', async () => {
  const journal = new LastingJournal();
  for (const id of ids) {
    journal.appendLazy({ offer: offerKey(SAMPLE_MAKER, id as OfferId), records: won(id), finished: true });
  }
  const others = new OfferRegistry({
    role: takerRole(SELF, STEPS),
    fold: foldTaker,
    finishedMax: 1,
    services: {
      journal,
      clock: new ManualClock(),
      random: () => 0,
      emit: () => undefined,
      failed: (error) => {
        throw error as Error;
      },
    },
  });
  const reporting = await others.find(SAMPLE_MAKER, 'one' as OfferId);
  expect(await reporting.submit({ kind: 'report', result: 'done' })).toEqual({ kind: 'acknowledged' });
  for (const id of ids.slice(1)) await others.find(SAMPLE_MAKER, id as OfferId);
  expect(others.inMemory(reporting.offer)).toBe(reporting);
  others.stop();
});
