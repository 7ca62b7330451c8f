/** Entries for the benchmark of the journal, and functions that append many of them. */
import type { Journal } from '../src/ports/journal.ts';
import { offerKey, type Decimal, type OfferId, type PeerId } from '../src/protocol/ids.ts';
import type { Peer } from '../src/protocol/messages.ts';
import type { JournalEntry, MakerRecord } from '../src/protocol/records.ts';

const MAKER = 'a'.repeat(64) as PeerId;
const TAKER: Peer = { id: 'b'.repeat(64) as PeerId, dialect: 'grapevine' };

function entry(offerId: OfferId, finished: boolean, ...records: MakerRecord[]): JournalEntry {
  return {
    offer: offerKey(MAKER, offerId),
    records: records.map((record) => ({ role: 'maker', record })),
    finished,
  };
}

function opened(offerId: OfferId): MakerRecord {
  const terms = {
    offerId,
    maker: MAKER,
    type: 'sell',
    amount: '1.5' as Decimal,
    pair: 'BTC/USD',
    unitPrice: '64000.5' as Decimal,
    issuedAt: 1_700_000_000_000,
    expiresAt: 1_700_000_060_000,
  } as const;
  return { type: 'opened', at: 1_700_000_000_000, terms };
}

const reserved: MakerRecord = {
  type: 'reserved',
  at: 1_700_000_000_100,
  taker: TAKER,
  epoch: 1,
  until: 1_700_000_010_100,
};
const awarded: MakerRecord = { type: 'awarded', at: 1_700_000_000_200, taker: TAKER, epoch: 1 };

/** The four entries of a deal, as a maker's desk appends them. */
export function entriesOfDeal(name: string): JournalEntry[] {
  const offerId = name as OfferId;
  return [
    entry(offerId, false, opened(offerId)),
    entry(offerId, false, reserved),
    entry(offerId, false, awarded),
    entry(offerId, true, { type: 'delivered', at: 1_700_000_000_300 }),
  ];
}

/**
 * Appends deals, `concurrent` at a time. Each deal waits for its entry before it appends the next one.
 * @returns milliseconds
 */
export async function appendDeals(journal: Journal, label: string, deals: number, concurrent: number): Promise<number> {
  const startedAt = performance.now();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let deal = next++; deal < deals; deal = next++) {
      for (const part of entriesOfDeal(`${label}-${deal}`)) await journal.append(part);
    }
  };
  await Promise.all(Array.from({ length: concurrent }, work));
  return performance.now() - startedAt;
}

/** Fills a journal as after a long time: many finished deals, and some reserved offers. */
export async function fill(journal: Journal, finished: number, open: number): Promise<void> {
  const whole = async (name: string, parts: number): Promise<void> => {
    const entries = entriesOfDeal(name).slice(0, parts);
    const last = entries.at(-1);
    if (last !== undefined) await journal.append({ ...last, records: entries.flatMap(({ records }) => records) });
  };
  for (let from = 0; from < finished + open; from += 512) {
    const until = Math.min(from + 512, finished + open);
    const names = Array.from({ length: until - from }, (_, index) => from + index);
    // The open offers are spread among the finished ones.
    const isOpen = (name: number): boolean => name % Math.ceil((finished + open) / open) === 0;
    await Promise.all(names.map((name) => whole(`stock-${name}`, isOpen(name) ? 2 : 4)));
  }
}
