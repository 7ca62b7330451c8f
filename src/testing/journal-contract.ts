/** The contract of `ports/journal.ts` as tests, for every implementation. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { everyPage, type Archive, type DealsFilter } from '../ports/archive.ts';
import type { Equivocation, Evidence } from '../ports/evidence.ts';
import type { Journal, StoredOffer } from '../ports/journal.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { offerIdOf, type OfferId, type OfferKey, type PeerId } from '../protocol/ids.ts';
import type { OfferTerms } from '../protocol/messages.ts';
import type { JournalRecord } from '../protocol/records.ts';
import {
  awarded,
  ofMaker,
  ofTaker,
  opened,
  released,
  reserved,
  SAMPLE_MAKER,
  SAMPLE_TAKER,
  sampleKey,
  sampleTerms,
} from './sample-records.ts';

export type KeptJournal = Journal & Archive & Evidence;

export interface JournalUnderTest {
  readonly journal: KeptJournal;
  /** For journals that survive their process: opens the same journal again, after it was closed. */
  readonly reopen?: () => KeptJournal;
  /** Removes the files. Journals may still be open. */
  readonly dispose?: () => Promise<void>;
}

/** The records of a deal, on the maker's side. */
function deal(at: number, offerId = 'made'): JournalRecord[] {
  return ofMaker(opened(offerId), reserved(1), { ...awarded(1), at });
}

/** The records of a possible deal, on the taker's side. */
function doubt(offerId: string, at: number): JournalRecord[] {
  return ofTaker(
    { type: 'accepting', at: 1, terms: sampleTerms(offerId), dialect: 'grapevine' },
    { type: 'confirmed', at, epoch: 1 },
  );
}

function idsOf(offers: readonly StoredOffer[]): string[] {
  return offers.map(({ offer }) => offerIdOf(offer));
}

export function describeJournalContract(name: string, open: () => JournalUnderTest | Promise<JournalUnderTest>): void {
  describe(`${name} as a Journal`, () => {
    let subject: JournalUnderTest;
    let journal: KeptJournal;

    beforeEach(async () => {
      subject = await open();
      journal = subject.journal;
    });

    afterEach(async () => {
      await journal.close();
      await subject.dispose?.();
    });

    const append = (offerId: string, records: JournalRecord[], finished = false, maker = SAMPLE_MAKER): Promise<void> =>
      journal.append({ offer: sampleKey(offerId, maker), records, finished });
    const unfinished = async (from: Journal = journal): Promise<OfferKey[]> =>
      (await from.readUnfinished()).map(({ offer }) => offer);

    it('is empty at first', async () => {
      expect(await journal.readOffer(sampleKey('nothing'))).toEqual([]);
      expect(await journal.readUnfinished()).toEqual([]);
    });

    it('returns the records of an offer in the order in which they were appended', async () => {
      await append('one', ofMaker(opened('one')));
      await append('other', ofMaker(opened('other')));
      await append('one', ofMaker(reserved(1), released(1), reserved(2)));
      await append('one', ofMaker(awarded(2)));
      const all = ofMaker(opened('one'), reserved(1), released(1), reserved(2), awarded(2));
      expect(await journal.readOffer(sampleKey('one'))).toEqual(all);
      expect(await journal.readUnfinished()).toEqual([
        { offer: sampleKey('one'), records: all },
        { offer: sampleKey('other'), records: ofMaker(opened('other')) },
      ]);
    });

    it('may have every offer with records, also pending ones, and also if two makers use the same id', async () => {
      await append('one', ofMaker(opened('one')));
      journal.appendLazy({ offer: sampleKey('two'), records: ofMaker(opened('two')), finished: true });
      for (const id of ['one', 'two']) expect(journal.mayHave?.(sampleKey(id)) ?? true).toBe(true);
      for (const id of ['one', 'other']) {
        const key = sampleKey(id, SAMPLE_TAKER.id);
        if (journal.mayHave?.(key) === false) expect(await journal.readOffer(key)).toEqual([]);
      }
    });

    it('returns records of both roles with every field unchanged', async () => {
      const taker = ofTaker(
        { type: 'accepting', at: 1, terms: sampleTerms('wanted'), dialect: 'original' },
        { type: 'won', at: 2, epoch: null },
      );
      await append('wanted', taker, true);
      expect(await journal.readOffer(sampleKey('wanted'))).toEqual(taker);
    });

    it('separates offers of two makers with the same id', async () => {
      const other = 'c'.repeat(64) as PeerId;
      await append('same', ofMaker(opened('same')));
      await append('same', ofMaker(opened('same', other)), true, other);
      expect(await journal.readOffer(sampleKey('same'))).toEqual(ofMaker(opened('same')));
      expect(await journal.readOffer(sampleKey('same', other))).toEqual(ofMaker(opened('same', other)));
      expect(await unfinished()).toEqual([sampleKey('same')]);
    });

    it('does not list a finished offer as unfinished, and still returns its records', async () => {
      await append('done', ofMaker(opened('done')), true);
      expect(await journal.readUnfinished()).toEqual([]);
      expect(await journal.readOffer(sampleKey('done'))).toEqual(ofMaker(opened('done')));
    });

    it('lists unfinished offers in the order of their first records, also after they were finished for a time', async () => {
      for (const offerId of ['z', 'm', 'a', 'q']) await append(offerId, ofMaker(opened(offerId)));
      await append('m', ofMaker(reserved(1)), true);
      expect(await unfinished()).toEqual(['z', 'a', 'q'].map((offerId) => sampleKey(offerId)));
      await append('m', ofMaker(released(1)), false);
      await append('z', ofMaker(reserved(1)), false);
      expect(await unfinished()).toEqual(['z', 'm', 'a', 'q'].map((offerId) => sampleKey(offerId)));
    });

    it('returns a snapshot that later appends do not change', async () => {
      await append('one', ofMaker(opened('one')));
      const records = await journal.readOffer(sampleKey('one'));
      const [stored] = await journal.readUnfinished();
      await append('one', ofMaker(reserved(1)), true);
      expect(records).toEqual(ofMaker(opened('one')));
      expect(stored?.records).toEqual(ofMaker(opened('one')));
    });

    it('handles appends of many offers at the same time', async () => {
      const ids = Array.from({ length: 1_500 }, (_, index) => `offer-${index}`);
      await Promise.all(ids.map((offerId) => append(offerId, ofMaker(opened(offerId), reserved(1)))));
      await Promise.all(ids.map((offerId) => append(offerId, ofMaker(awarded(1)), true)));
      expect(await journal.readUnfinished()).toEqual([]);
      for (const offerId of ids) {
        const types = (await journal.readOffer(sampleKey(offerId))).map(({ record }) => record.type);
        expect(types).toEqual(['opened', 'reserved', 'awarded']);
      }
    });

    it('stores long texts and every character', async () => {
      const details = ['x'.repeat(1024 * 1024), `'"\\ \u0000 \u2028 ü 漢 🍇 \ud800`, ''];
      const records = details.map((detail, index) => released(index + 1, detail));
      await append('long', ofMaker(opened('long'), ...records));
      expect(await journal.readOffer(sampleKey('long'))).toEqual(ofMaker(opened('long'), ...records));
    });

    it('completes pending appends when it is closed', async () => {
      const pending = ['one', 'two'].map((offerId) => append(offerId, ofMaker(opened(offerId))));
      await journal.close();
      expect(await Promise.allSettled(pending)).toEqual([
        { status: 'fulfilled', value: undefined },
        { status: 'fulfilled', value: undefined },
      ]);
    });

    it('finds offers of all makers by the beginning of their ids', async () => {
      const other = 'c'.repeat(64) as PeerId;
      for (const offerId of ['abcd1', 'abcd2', 'abce', 'ABCD', 'ab_d', 'zz']) {
        await append(offerId, ofMaker(opened(offerId)), offerId === 'abcd2');
      }
      await append('abcd1', ofMaker(opened('abcd1', other)), false, other);
      const found = async (prefix: string, limit = 10): Promise<string[]> =>
        (await journal.findOffers(prefix, limit)).map(({ offer }) => offer).sort();
      expect(await found('abcd')).toEqual([sampleKey('abcd1'), sampleKey('abcd2'), sampleKey('abcd1', other)].sort());
      expect(await found('ab_')).toEqual([sampleKey('ab_d')]);
      expect(await found('nothing')).toEqual([]);
      expect(await found('abcd', 2)).toHaveLength(2);
      const [zz] = await journal.findOffers('zz', 1);
      expect(zz?.records).toEqual(ofMaker(opened('zz')));
      // An offer whose whole id was given is found in spite of the limit.
      await append('abc', ofMaker(opened('abc')));
      expect(await found('abc', 1)).toEqual([sampleKey('abc')]);
    });

    it('finds the latest own offer with a reference, and the renewal of an offer', async () => {
      const named = (offerId: string, reference: string, attempt?: number, renews?: string): JournalRecord[] =>
        ofMaker({
          type: 'opened',
          at: 1,
          terms: { ...sampleTerms(offerId), reference, ...(attempt !== undefined && { attempt }) },
          ...(renews !== undefined && { plan: { renews: renews as OfferId } }),
        });
      await append('one', named('one', 'mine'), true);
      await append('two', named('two', 'mine', 2, 'one'), true);
      await append('ten', named('ten', 'mine', 10, 'nine'), true);
      await append('other', named('other', 'Mine'));
      await append('plain', ofMaker(opened('plain')));
      const stranger: OfferTerms = { ...sampleTerms('wanted'), reference: 'theirs' };
      await append('wanted', ofTaker({ type: 'accepting', at: 1, terms: stranger, dialect: 'grapevine' }));
      const under = async (reference: string) => (await journal.readLatestUnder(reference))?.offer;
      expect(await under('mine')).toBe(sampleKey('ten'));
      expect(await under('Mine')).toBe(sampleKey('other'));
      expect(await journal.readLatestUnder('theirs')).toBeNull();
      expect(await journal.readRenewalOf('one' as OfferId)).toEqual({
        offer: sampleKey('two'),
        records: named('two', 'mine', 2, 'one'),
      });
      expect(await journal.readRenewalOf('two' as OfferId)).toBeNull();
    });

    it('lists only deals and possible deals, the latest first', async () => {
      await append('early', deal(1_000, 'early'), true);
      await append('late', deal(3_000, 'late'), true);
      await append('between', deal(2_000, 'between'), true);
      await append('open', ofMaker(opened('open'), reserved(1)));
      await append('doubt', doubt('doubt', 2_500));
      const deals = async (sinceMs: number, limit = 10): Promise<string[]> =>
        idsOf((await journal.readDeals({ sinceMs, limit })).offers);
      expect(await deals(0)).toEqual(['late', 'doubt', 'between', 'early']);
      expect(await deals(2_000)).toEqual(['late', 'doubt', 'between']);
      expect(await deals(0, 1)).toEqual(['late']);
      expect(await deals(3_001)).toEqual([]);
      const { offers } = await journal.readDeals({ limit: 1 });
      expect(offers[0]?.records).toEqual(deal(3_000, 'late'));
    });

    it('lists and counts deals by time, doubt and result', async () => {
      const report = (result: 'done' | 'failed', at: number) => ({ type: 'reported', at, result }) as const;
      const received = { type: 'reportReceived', at: 4_002, reportedAt: 4_002, result: 'failed' } as const;
      await append('made', deal(1_000), true);
      await append('doubt', doubt('doubt', 2_000));
      await append('lost', [...doubt('lost', 2_500), ...ofTaker({ type: 'lost', at: 2_600, reason: 'taken' })], true);
      await append('done', [...deal(3_000, 'done'), ...ofMaker(report('done', 3_001))], true);
      await append('failed', [...deal(4_000, 'failed'), ...ofMaker(report('done', 4_001), received)], true);
      await append('won', [...doubt('won', 6_000), ...ofTaker({ type: 'won', at: 5_000, epoch: 1 })], true);
      const expectDeals = async (filter: DealsFilter, ids: readonly string[]): Promise<void> => {
        expect(idsOf((await journal.readDeals({ ...filter, limit: 10 })).offers)).toEqual(ids);
        expect(await journal.countDeals(filter)).toBe(ids.length);
      };
      await expectDeals({}, ['won', 'failed', 'done', 'doubt', 'made']);
      await expectDeals({ inDoubt: true }, ['doubt']);
      await expectDeals({ inDoubt: false }, ['won', 'failed', 'done', 'made']);
      await expectDeals({ result: 'open' }, ['won', 'made']);
      await expectDeals({ result: 'done' }, ['done']);
      await expectDeals({ result: 'failed' }, ['failed']);
      await expectDeals({ result: 'open', inDoubt: true }, []);
      await expectDeals({ untilMs: 3_000 }, ['doubt', 'made']);
      await expectDeals({ sinceMs: 1_000, untilMs: 1_001 }, ['made']);
      await expectDeals({ sinceMs: 1_001, untilMs: 4_000, inDoubt: false }, ['done']);
    });

    it('lists each deal once, page by page, also if deals are appended meanwhile', async () => {
      for (let index = 0; index < 7; index += 1)
        await append(`d${index}`, deal(1_000 + (index >> 1), `d${index}`), true);
      await append('doubt', doubt('doubt', 500));
      const first = await journal.readDeals({ limit: 3 });
      expect(idsOf(first.offers)).toEqual(['d6', 'd5', 'd4']);
      // A new deal, and one that moves to the front of the list.
      await append('new', deal(9_000, 'new'), true);
      await append('doubt', ofTaker({ type: 'won', at: 9_000, epoch: 1 }), true);
      const rest: string[] = [];
      for await (const offers of everyPage((after) =>
        journal.readDeals({ limit: 2, after: after ?? first.next ?? '' }),
      ))
        rest.push(...idsOf(offers));
      expect(rest).toEqual(['d3', 'd2', 'd1', 'd0', 'doubt']);
      expect(idsOf((await journal.readDeals({ limit: 3 })).offers).sort()).toEqual(['d6', 'doubt', 'new']);
    });

    it('lists finished offers page by page, the latest first', async () => {
      for (const offerId of ['a', 'b', 'c', 'd', 'e']) await append(offerId, ofMaker(opened(offerId)), offerId !== 'c');
      const pages: string[][] = [];
      for await (const offers of everyPage((after) => journal.readFinished({ limit: 2, after })))
        pages.push(idsOf(offers));
      expect(pages).toEqual([
        ['e', 'd'],
        ['b', 'a'],
      ]);
      const { offers } = await journal.readFinished({ limit: 1 });
      expect(offers[0]?.records).toEqual(ofMaker(opened('e')));
    });

    it.each(['', 'x', '1.2', '1.2.3.4', '1e3.1.1'])('rejects the invalid cursor "%s"', async (after) => {
      const usage = { code: 'ERR_USAGE' };
      await expect((async () => journal.readDeals({ after, limit: 1 }))()).rejects.toMatchObject(usage);
      await expect((async () => journal.readFinished({ after, limit: 1 }))()).rejects.toMatchObject(usage);
    });

    it('writes lazy entries in the same order as all others', async () => {
      journal.appendLazy({ offer: sampleKey('one'), records: ofMaker(opened('one')), finished: false });
      expect(await journal.readOffer(sampleKey('one'))).toEqual(ofMaker(opened('one')));
      const reservation = append('one', ofMaker(reserved(1)));
      journal.appendLazy({ offer: sampleKey('one'), records: ofMaker(released(1)), finished: false });
      journal.appendLazy({ offer: sampleKey('other'), records: ofMaker(opened('other')), finished: true });
      await reservation;
      await journal.sync();
      expect(await journal.readUnfinished()).toEqual([
        { offer: sampleKey('one'), records: ofMaker(opened('one'), reserved(1), released(1)) },
      ]);
      expect(await journal.readOffer(sampleKey('other'))).toEqual(ofMaker(opened('other')));
    });

    it('syncs at once when nothing was appended', async () => {
      await journal.sync();
    });

    it('begins with life 1', () => {
      expect(journal.life).toBe(1);
    });

    it('stores the first evidence for each offer', async () => {
      const statement = (cmd: string) => ({ cmd, body: { text: `'"ü 🍇` }, auth: { sig: 'x' } });
      const proof = (offerId: string, foundAt: number): Equivocation => ({
        maker: SAMPLE_MAKER,
        offerId: offerId as OfferId,
        foundAt,
        statements: [statement('one'), statement('two')],
      });
      expect(await journal.readEvidence()).toEqual([]);
      await journal.keepEvidence(proof('a', 1));
      await journal.keepEvidence(proof('a', 2));
      await journal.keepEvidence(proof('b', 3));
      expect(await journal.readEvidence()).toEqual([proof('a', 1), proof('b', 3)]);
    });

    it('can be closed twice, at the same time and later', async () => {
      await Promise.all([journal.close(), journal.close()]);
      await journal.close();
    });

    it('rejects all entries after it was closed', async () => {
      await journal.close();
      const late = append('late', ofMaker(opened('late')));
      await expect(late).rejects.toThrow(GrapevineError);
      await expect(late).rejects.toMatchObject({ code: 'ERR_JOURNAL' });
      const lazy = { offer: sampleKey('late'), records: ofMaker(opened('late')), finished: false };
      expect(() => {
        journal.appendLazy(lazy);
      }).toThrow(expect.objectContaining({ code: 'ERR_JOURNAL' }) as Error);
      await expect(journal.sync()).rejects.toMatchObject({ code: 'ERR_JOURNAL' });
      // Closing is not a failure.
      const failed = Promise.race([journal.failed.then(() => true), new Promise((ok) => setImmediate(ok, false))]);
      expect(await failed).toBe(false);
    });

    it('has the same contents when it is opened again, if it survives', async ({ skip }) => {
      if (subject.reopen === undefined) return skip('it does not survive');
      await append('first', ofMaker(opened('first')));
      await append('done', ofMaker(opened('done'), reserved(1), awarded(1)), true);
      const last = append('last', ofMaker(opened('last')));
      journal.appendLazy({ offer: sampleKey('last'), records: ofMaker(reserved(1)), finished: false });
      await journal.close();
      await last;
      journal = subject.reopen();
      expect(journal.life).toBe(2);
      for (const id of ['first', 'done', 'last']) expect(journal.mayHave?.(sampleKey(id)) ?? true).toBe(true);
      expect(await unfinished()).toEqual([sampleKey('first'), sampleKey('last')]);
      expect(await journal.readOffer(sampleKey('done'))).toEqual(ofMaker(opened('done'), reserved(1), awarded(1)));
      await append('last', ofMaker(awarded(1)), true);
      expect(await unfinished()).toEqual([sampleKey('first')]);
    });
  });
}
