/**
 * Whatever a desk told its program, before or between kills, is in its journal at the end: persist, then speak. Left out is what
 * no desk waits for before it speaks (src/protocol/durability.ts): a kill may forget it. And what it told as final is final (S4),
 * because the journal that says so has been folded without complaint.
 */
import type { DeskNotice } from '../src/index.ts';
import { offerKey, type OfferId, type OfferKey, type PeerId } from '../src/protocol/ids.ts';
import type { JournalRecord, MakerRecord, TakerRecord } from '../src/protocol/records.ts';
import type { Chronicle, Granted, Told } from './chronicle.ts';
import type { DeskJournal } from './desk-journal.ts';
import type { Violation } from './verdict.ts';

type AnyRecord = MakerRecord | TakerRecord;
type Wanted = (record: AnyRecord) => boolean;

export function checkTold(journals: readonly DeskJournal[], { told, granted }: Chronicle): readonly Violation[] {
  const books = new Map(journals.map((journal) => [journal.name, bookOf(journal)]));
  const recordsOf = (desk: string, offer: OfferKey): readonly JournalRecord[] => books.get(desk)?.get(offer) ?? [];
  return [
    ...told.flatMap((each) => checkNotice(each, recordsOf)),
    ...granted.flatMap((each) => checkGranted(each, journals, recordsOf)),
  ];
}

function bookOf({ offers }: DeskJournal): ReadonlyMap<OfferKey, readonly JournalRecord[]> {
  return new Map(offers.map(({ offer, records }) => [offer, records]));
}

type RecordsOf = (desk: string, offer: OfferKey) => readonly JournalRecord[];

function checkNotice({ desk, notice }: Told, recordsOf: RecordsOf): readonly Violation[] {
  if (notice.event === 'desk.failed') return [{ promise: 'process', offer: null, text: `${desk}: ${notice.text}` }];
  if (!('offerId' in notice) || !('maker' in notice)) return [];
  const offer = offerKey(notice.maker, notice.offerId);
  if (notice.event === 'peer.contradiction') {
    return [{ promise: 'agreement', offer, text: `${desk} was told a contradiction: ${notice.text}` }];
  }
  const records = recordsOf(desk, offer).map(({ record }) => record);
  const wanted = recordFor(notice, records);
  if (wanted === null || records.some(wanted)) return [];
  return [{ promise: 'told', offer, text: `${desk} told ${describe(notice)}, and its journal does not know it` }];
}

function checkGranted(
  { desk, what, offerId }: Granted,
  journals: readonly DeskJournal[],
  recordsOf: RecordsOf,
): readonly Violation[] {
  const id = journals.find(({ name }) => name === desk)?.id ?? '';
  const offer = offerKey(id as PeerId, offerId as OfferId);
  const type = what === 'announce' ? 'opened' : 'cancelled';
  if (recordsOf(desk, offer).some(({ record }) => record.type === type)) return [];
  return [{ promise: 'told', offer, text: `${desk} carried out ${what}, and its journal does not know it` }];
}

/** The record that a notice is about; null when it is about nothing that has to be durable. */
function recordFor(notice: DeskNotice, records: readonly AnyRecord[]): Wanted | null {
  switch (notice.event) {
    case 'offer.opened':
      return ({ type }) => type === 'opened';
    case 'award.reserved':
      // With an end it is a hold; without one the taker is a client of the original, and this is the deal.
      if (notice.until !== null) return null;
      return (record) =>
        record.type === 'reserved' && record.epoch === notice.epoch && record.taker.id === notice.taker;
    case 'award.released':
      return (record) => record.type === 'released' && record.epoch === notice.epoch;
    case 'deal.awarded':
      return (record) => record.type === 'awarded' && record.epoch === notice.epoch && record.taker.id === notice.taker;
    case 'offer.cancelled':
      return ({ type }) => type === 'cancelled';
    case 'offer.expired':
      return ({ type }) => type === 'expired';
    case 'award.confirmed':
      return (record) => record.type === 'confirmed' && record.epoch === notice.epoch;
    case 'deal.won':
      return (record) => record.type === 'won' && record.epoch === notice.epoch;
    case 'deal.lost':
      // Who has confirmed nothing hears the end of an offer again.
      if (!records.some(({ type }) => type === 'confirmed')) return null;
      return (record) => record.type === (notice.gaveUp ? 'gaveUp' : 'lost') && record.reason === notice.reason;
    default:
      return null;
  }
}

function describe(notice: DeskNotice): string {
  return 'epoch' in notice ? `${notice.event} (reservation ${notice.epoch ?? 0})` : notice.event;
}
