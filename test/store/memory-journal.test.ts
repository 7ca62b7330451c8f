/** What the journal in memory has beyond the suite for all journals: it forgets. */
import { expect, it } from 'vitest';
import { ofMaker, opened, sampleKey } from '../../src/testing/sample-records.ts';
import { MemoryJournal } from '../../src/store/memory-journal.ts';

const FINISHED_OFFERS_MAX = 20_000;

it('a journal in memory forgets the oldest of more than 20,000 finished offers, and none that is not finished', () => {
  const journal = new MemoryJournal();
  const write = (id: string, finished: boolean): void => {
    journal.appendLazy({ offer: sampleKey(id), records: ofMaker(opened(id)), finished });
  };
  write('open', false);
  for (let index = 0; index < FINISHED_OFFERS_MAX; index += 1) write(`finished-${index}`, true);
  expect(journal.mayHave(sampleKey('finished-0'))).toBe(true);
  write('one-more', true);
  expect(journal.mayHave(sampleKey('finished-0'))).toBe(false);
  for (const id of ['open', 'finished-1', 'one-more']) expect(journal.mayHave(sampleKey(id)), id).toBe(true);
});
