import { describe, expect, it } from 'vitest';
import type { OfferKey } from '../../src/protocol/ids.ts';
import { timedJournal } from '../../src/store/timed-journal.ts';
import { GatedJournal } from '../../testing/gated-journal.ts';
import { settled } from '../../testing/manual-clock.ts';

const ENTRY = { offer: 'm/abcd' as OfferKey, records: [], finished: false };

function timed() {
  const seen: string[] = [];
  const clock = { nowMs: 0 };
  const gated = new GatedJournal();
  const observer = {
    journalAppended: (seconds: number) => seen.push(`${seconds} s`),
    journalCommitted: (entries: number) => seen.push(`${entries} together`),
  };
  return { seen, clock, gated, journal: timedJournal(gated, observer, () => clock.nowMs) };
}

describe('a timed journal', () => {
  it('reports how long each entry took, and how many became durable together', async () => {
    const { seen, clock, gated, journal } = timed();
    gated.holds = () => true;
    const first = journal.append(ENTRY);
    clock.nowMs = 20;
    const second = journal.append(ENTRY);
    clock.nowMs = 30;
    await settled();
    expect(seen).toEqual([]);
    gated.open();
    await Promise.all([first, second]);
    await settled();
    expect(seen).toEqual(['0.03 s', '0.01 s', '2 together']);
    await journal.append(ENTRY);
    await settled();
    expect(seen.slice(3)).toEqual(['0 s', '1 together']);
  });

  it('reports no failed entries, and passes the failure on', async () => {
    const { seen, gated, journal } = timed();
    gated.failure = new Error('the disk is gone');
    await expect(journal.append(ENTRY)).rejects.toBe(gated.failure);
    await settled();
    expect(seen).toEqual([]);
  });

  it('rejects no later than its journal', async () => {
    const { gated, journal } = timed();
    gated.failure = new Error('the disk is gone');
    await expect(Promise.race([journal.append(ENTRY), Promise.resolve()])).rejects.toBe(gated.failure);
  });

  it('passes all other calls on to its journal', async () => {
    const { journal } = timed();
    await journal.append({ ...ENTRY, records: [{ role: 'maker', record: { at: 1, type: 'cancelled' } }] });
    expect(journal.restored).toBe(false);
    await journal.beginGeneration();
    expect(await journal.readOffer(ENTRY.offer)).toHaveLength(1);
    expect(await journal.readUnfinished()).toHaveLength(1);
    await journal.close();
    await expect(journal.append(ENTRY)).rejects.toMatchObject({ code: 'ERR_JOURNAL' });
  });
});
