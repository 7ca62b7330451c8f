/** The journal decides with SQL what is a deal; `dealOf` decides from the records. Both must agree in every history of an offer. */
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dealOf } from '../../src/desk/deal-snapshot.ts';
import type { DealsFilter } from '../../src/ports/archive.ts';
import { offerIdOf } from '../../src/protocol/ids.ts';
import type { MakerRecord, TakerRecord } from '../../src/protocol/records.ts';
import { MemoryJournal } from '../../src/store/memory-journal.ts';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import {
  awarded,
  ofMaker,
  ofTaker,
  opened,
  released,
  reserved,
  sampleKey,
  sampleTerms,
} from '../../src/testing/sample-records.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const accepting = (offerId: string): TakerRecord => ({
  type: 'accepting',
  at: 1,
  terms: sampleTerms(offerId),
  dialect: 'grapevine',
});
const confirmed = (epoch: number): TakerRecord => ({ type: 'confirmed', at: epoch * 10, epoch });

const OF_MAKER: readonly (readonly MakerRecord[])[] = [
  [],
  [reserved(1)],
  [reserved(1), released(1)],
  [{ type: 'cancelled', at: 5 }],
  [reserved(1), awarded(1)],
  [reserved(1), released(1), reserved(2), awarded(2), { type: 'delivered', at: 6 }],
  [reserved(1), awarded(1), { type: 'overdue', at: 7 }],
];
const OF_TAKER: readonly (readonly TakerRecord[])[] = [
  [],
  [confirmed(1)],
  [confirmed(1), { type: 'released', at: 11, epoch: 1 }],
  [confirmed(1), { type: 'released', at: 11, epoch: 1 }, confirmed(2)],
  [confirmed(1), { type: 'lost', at: 12, reason: 'taken' }],
  [confirmed(1), { type: 'won', at: 3, epoch: 1 }],
  [confirmed(1), { type: 'closed', at: 13, as: 'won' }],
  [confirmed(1), { type: 'closed', at: 13, as: 'lost' }],
  [confirmed(1), { type: 'voided', at: 14 }],
  [{ type: 'withdrawn', at: 15 }],
];
const REPORTS = [
  [],
  [{ type: 'reported', at: 20, result: 'done' }],
  [{ type: 'reportReceived', at: 21, reportedAt: 20, result: 'failed' }],
  [
    { type: 'reported', at: 20, result: 'failed' },
    { type: 'reportReceived', at: 21, reportedAt: 20, result: 'done' },
  ],
  [
    { type: 'reported', at: 20, result: 'done' },
    { type: 'reportReceived', at: 21, reportedAt: 20, result: 'done' },
  ],
] as const;

const HISTORIES = [
  ...OF_MAKER.flatMap((records) =>
    (records.some(({ type }) => type === 'awarded') ? REPORTS : [[]]).map(
      (reports) => (offerId: string) => ofMaker(opened(offerId), ...records, ...reports),
    ),
  ),
  ...OF_TAKER.flatMap((records) =>
    (records.some(({ type }) => type === 'won') ? REPORTS : [[]]).map(
      (reports) => (offerId: string) => ofTaker(accepting(offerId), ...records, ...reports),
    ),
  ),
].map((history, index) => ({ offerId: `o-${index}`, records: history(`o-${index}`) }));

const JOURNALS = {
  MemoryJournal: () => new MemoryJournal(),
  SqliteJournal: () => openSqliteJournal({ dataDir: temporaryFolder() }),
};

const time = fc.option(fc.nat(25), { nil: undefined });
const filters: fc.Arbitrary<DealsFilter> = fc.record({
  sinceMs: time,
  untilMs: time,
  inDoubt: fc.constantFrom(undefined, true, false),
  result: fc.constantFrom(undefined, 'open', 'done', 'failed'),
});

describe.each(Object.entries(JOURNALS))('%s', (_name, open) => {
  it('lists and counts the same deals as the records give, for every history and every filter', async () => {
    const journal = open();
    onTestFinished(() => journal.close());
    for (const { offerId, records } of HISTORIES)
      await journal.append({ offer: sampleKey(offerId), records, finished: false });
    await fc.assert(
      fc.asyncProperty(filters, fc.integer({ min: 1, max: 40 }), async (filter, limit) => {
        const { sinceMs = 0, untilMs = Infinity, inDoubt, result } = filter;
        const expected = HISTORIES.filter(({ records }) => {
          const deal = dealOf(records);
          if (deal === null || deal.at < sinceMs || deal.at >= untilMs) return false;
          if (result !== undefined && deal.result !== result) return false;
          return inDoubt === undefined || (deal.state === 'in-doubt') === inDoubt;
        }).map(({ offerId }) => offerId);
        const found: string[] = [];
        let after: string | undefined;
        do {
          const page = await journal.readDeals({ ...filter, after, limit });
          found.push(...page.offers.map(({ offer }) => offerIdOf(offer)));
          after = page.next ?? undefined;
        } while (after !== undefined);
        expect(found.sort()).toEqual(expected.sort());
        expect(await journal.countDeals(filter)).toBe(expected.length);
      }),
    );
  });
});
