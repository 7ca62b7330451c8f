/** Sample records of one offer, for tests of journals and of code that reads them. */
import { offerKey, type Decimal, type OfferId, type OfferKey, type PeerId } from '../protocol/ids.ts';
import type { OfferTerms, Peer } from '../protocol/messages.ts';
import type { JournalRecord, MakerRecord, TakerRecord } from '../protocol/records.ts';

export const SAMPLE_MAKER = 'a'.repeat(64) as PeerId;
export const SAMPLE_TAKER: Peer = { id: 'b'.repeat(64) as PeerId, dialect: 'grapevine' };

export function sampleKey(offerId: string, maker = SAMPLE_MAKER): OfferKey {
  return offerKey(maker, offerId as OfferId);
}

export function sampleTerms(offerId: string, maker = SAMPLE_MAKER): OfferTerms {
  return {
    offerId: offerId as OfferId,
    maker,
    type: 'sell',
    amount: '12345678901234567890.5' as Decimal,
    pair: 'BTC/USD',
    unitPrice: null,
    issuedAt: 1_700_000_000_000,
    expiresAt: 1_700_000_060_000,
  };
}

export function ofMaker(...records: MakerRecord[]): JournalRecord[] {
  return records.map((record) => ({ role: 'maker', record }));
}

export function ofTaker(...records: TakerRecord[]): JournalRecord[] {
  return records.map((record) => ({ role: 'taker', record }));
}

export function opened(offerId: string, maker = SAMPLE_MAKER): MakerRecord {
  return { type: 'opened', at: 1_700_000_000_001, terms: sampleTerms(offerId, maker) };
}

export function reserved(epoch: number): MakerRecord {
  return { type: 'reserved', at: 1_700_000_000_002, taker: SAMPLE_TAKER, epoch, until: 1_700_000_010_000 };
}

export function released(epoch: number, detail?: string): MakerRecord {
  const reason = { type: 'released', at: 1_700_000_000_003, epoch, reason: 'refused' } as const;
  return detail === undefined ? reason : { ...reason, detail };
}

export function awarded(epoch: number, taker = SAMPLE_TAKER): MakerRecord {
  return { type: 'awarded', at: 1_700_000_000_004, taker, epoch };
}
