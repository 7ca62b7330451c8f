/**
 * Compares the notices of the desks with their journals at the end of the run.
 *
 * After a kill, each earlier notice has its record in the journal (persist, then send), except notices about lazy entries
 * (src/protocol/durability.ts). After a life that ended by SIGTERM, each notice has its record, and each record of that life had its
 * notice.
 *
 * A notice of a final state is final (S4), because the journal with that state was replayed without an error.
 */
import type { DeskNotice } from '../src/index.ts';
import { offerKey, type OfferId, type OfferKey, type PeerId } from '../src/protocol/ids.ts';
import type { JournalRecord } from '../src/protocol/records.ts';
import type { Chronicle, Granted, OrderlyLife, Told } from './chronicle.ts';
import type { DeskJournal } from './desk-journal.ts';
import { contradicts, isAbout, isSilent, needsRecord } from './notice-records.ts';
import type { Violation } from './verdict.ts';

export function checkTold(journals: readonly DeskJournal[], chronicle: Chronicle): readonly Violation[] {
  const { granted, orderlyLives } = chronicle;
  const told = toldByOffer(chronicle);
  const books = new Map(journals.map((journal) => [journal.name, bookOf(journal)]));
  const recordsOf = (desk: string, offer: OfferKey): readonly JournalRecord[] => books.get(desk)?.get(offer) ?? [];
  return [
    ...chronicle.told.flatMap(checkUnwanted),
    ...[...told.values()].flatMap((ofOffer) => checkNotices(ofOffer, orderlyLives, recordsOf)),
    ...orderlyLives.flatMap((life) => checkRecords(life, books.get(life.desk) ?? new Map(), told)),
    ...granted.flatMap((each) => checkGranted(each, journals, recordsOf)),
  ];
}

type Records = ReadonlyMap<OfferKey, readonly JournalRecord[]>;
type RecordsOf = (desk: string, offer: OfferKey) => readonly JournalRecord[];

function bookOf({ offers }: DeskJournal): Records {
  return new Map(offers.map(({ offer, records }) => [offer, records]));
}

/** The notices of one desk about one offer, in order. */
interface ToldOfOffer {
  readonly desk: string;
  readonly offer: OfferKey;
  readonly told: Told[];
}

type ToldByOffer = ReadonlyMap<string, ToldOfOffer>;

function toldByOffer({ told }: Chronicle): ToldByOffer {
  const byOffer = new Map<string, ToldOfOffer>();
  for (const each of told) {
    const offer = offerOf(each.notice);
    if (offer === null) continue;
    const key = keyOf(each.desk, offer);
    const ofOffer = byOffer.get(key) ?? { desk: each.desk, offer, told: [] };
    byOffer.set(key, ofOffer);
    ofOffer.told.push(each);
  }
  return byOffer;
}

function keyOf(desk: string, offer: OfferKey): string {
  return `${desk} ${offer}`;
}

function offerOf(notice: DeskNotice): OfferKey | null {
  return 'offerId' in notice && 'maker' in notice ? offerKey(notice.maker, notice.offerId) : null;
}

/** Notices that no desk of a run should emit. */
function checkUnwanted({ desk, notice }: Told): readonly Violation[] {
  if (notice.event === 'desk.failed') return [{ promise: 'process', offer: null, text: `${desk}: ${notice.text}` }];
  if (notice.event !== 'peer.contradiction') return [];
  const text = `${desk} was told a contradiction: ${notice.text}`;
  return [{ promise: 'agreement', offer: offerOf(notice), text }];
}

function checkNotices(
  { desk, offer, told }: ToldOfOffer,
  orderlyLives: readonly OrderlyLife[],
  recordsOf: RecordsOf,
): readonly Violation[] {
  const records = recordsOf(desk, offer);
  const orderly = new Set(orderlyLives.flatMap((each) => (each.desk === desk ? [each.life] : [])));
  let hasToldConfirmed = false;
  return told.flatMap(({ life, lifeStartedAt, notice }): readonly Violation[] => {
    const violation = (what: string): readonly Violation[] => [
      { promise: 'told', offer, text: `${desk} told ${describe(notice)}, and its journal ${what}` },
    ];
    hasToldConfirmed ||= notice.event === 'award.confirmed';
    const hasConfirmed = hasToldConfirmed || records.some((record) => isConfirmedBefore(record, lifeStartedAt));
    if (records.some((record) => contradicts(notice, record))) return violation('says otherwise');
    if (!needsRecord(notice, { isOrderly: orderly.has(life), hasConfirmed })) return [];
    return records.some((record) => isAbout(notice, record)) ? [] : violation('does not know it');
  });
}

function isConfirmedBefore({ record }: JournalRecord, startedAt: number): boolean {
  return record.type === 'confirmed' && record.at < startedAt;
}

/** In a life that ended by SIGTERM, each record had its notice. */
function checkRecords(
  { desk, life, startedAt, stoppedAt }: OrderlyLife,
  book: Records,
  told: ToldByOffer,
): readonly Violation[] {
  return [...book].flatMap(([offer, records]) => {
    const notices = told.get(keyOf(desk, offer))?.told.filter((each) => each.life === life) ?? [];
    return records.flatMap((entry, index): Violation[] => {
      const { type, at } = entry.record;
      if (at < startedAt || at > stoppedAt || isSilent(entry, records[index + 1])) return [];
      if (notices.some(({ notice }) => isAbout(notice, entry))) return [];
      return [{ promise: 'told', offer, text: `${desk} wrote ${type} and stopped in order, and never told it` }];
    });
  });
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

function describe(notice: DeskNotice): string {
  return 'epoch' in notice ? `${notice.event} (reservation ${notice.epoch ?? 0})` : notice.event;
}
