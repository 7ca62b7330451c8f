/** The story of one offer: the journal's records as flat entries, in order. The reader makes the sentences. */
import type { OfferSnapshot } from '../../desk/offer-snapshot.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { Details, OfferTerms } from '../../protocol/messages.ts';
import type { JournalRecord, MakerRecord, OfferPlan, TakerRecord } from '../../protocol/records.ts';
import type { Story, StoryEntry } from '../contract.ts';
import { offerOf } from './contract-views.ts';

type Fields = StoryEntry['fields'];

export function storyOf(snapshot: OfferSnapshot, records: readonly JournalRecord[], self: PeerId): Story {
  const entries = entriesOf(records, self, snapshot.terms.maker);
  return { offer: offerOf(snapshot), entries, awaits: awaited(snapshot) };
}

function entriesOf(records: readonly JournalRecord[], self: PeerId, maker: PeerId): StoryEntry[] {
  let taker: PeerId | null = null;
  return records.map(({ role, record }) => {
    if (record.type === 'reserved') taker = record.taker.id;
    const about: Fields = role === 'maker' && ABOUT_TAKER.has(record.type) ? { taker } : {};
    const who = role === 'maker' ? whoOfMaker(record, self, taker) : whoOfTaker(record, self, maker);
    // Whose action a record is: records with a signature of the other side are actions of the other side.
    const other = role === 'maker' ? taker : maker;
    const signedBy = 'auth' in record ? other : null;
    return { at: record.at, who, event: record.type, fields: { ...about, ...fieldsOf(record) }, signedBy };
  });
}

/** Records that do not name their taker. */
const ABOUT_TAKER: ReadonlySet<MakerRecord['type']> = new Set([
  'released',
  'delivered',
  'overdue',
  'reportDelivered',
  'reportReceived',
]);

const BY_TAKER: ReadonlySet<MakerRecord['type']> = new Set(['delivered', 'reportDelivered', 'reportReceived']);

function whoOfMaker({ type }: MakerRecord, self: PeerId, taker: PeerId | null): PeerId | null {
  if (type === 'expired' || type === 'overdue') return null;
  return BY_TAKER.has(type) ? taker : self;
}

const BY_MAKER: ReadonlySet<TakerRecord['type']> = new Set([
  'released',
  'won',
  'lost',
  'truth',
  'reportDelivered',
  'reportReceived',
]);

function whoOfTaker({ type }: TakerRecord, self: PeerId, maker: PeerId): PeerId {
  return BY_MAKER.has(type) ? maker : self;
}

function fieldsOf(record: MakerRecord | TakerRecord): Fields {
  const fields: Fields = {};
  for (const [name, value] of Object.entries(record) as [string, unknown][]) {
    if (name === 'type' || name === 'at' || name === 'auth') continue;
    if (name === 'terms') Object.assign(fields, termsOf(value as OfferTerms));
    else if (name === 'details') Object.assign(fields, detailsFields(value as Details));
    else if (name === 'plan') Object.assign(fields, planOf(value as OfferPlan));
    else if (name === 'taker') fields['taker'] = (value as { readonly id: string }).id;
    else fields[name] = value as string | number | boolean | null;
  }
  return fields;
}

function termsOf(terms: OfferTerms): Fields {
  const { type, amount, pair, unitPrice, expiresAt, award, windowMs, to } = terms;
  const { details, reference, attempt, doneWithinMs } = terms;
  return definedFields({
    type,
    amount,
    pair,
    // An acceptance has its own `unitPrice`: the bid.
    makersUnitPrice: unitPrice,
    expiresAt,
    award,
    windowMs,
    to: to?.join(' '),
    ...(details !== undefined && detailsFields(details)),
    reference,
    attempt,
    doneWithinMs,
  });
}

/** As text, in the signed form. */
function detailsFields({ format, text }: Details): Fields {
  return { details: text, detailsFormat: format };
}

function planOf({ renews, excluded, ifFailed }: OfferPlan): Fields {
  return definedFields({ renews, excluded: excluded?.join(' '), attemptsMax: ifFailed?.attemptsMax });
}

function definedFields(fields: Readonly<Record<string, Fields[string] | undefined>>): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}

/** What has to happen next; null if it has ended. */
function awaited(offer: OfferSnapshot): string | null {
  if (awaitsReport(offer)) {
    return offer.role === 'maker' ? 'the report of its winner' : 'your report: "grapevine done" or "grapevine fail"';
  }
  return offer.role === 'maker' ? awaitedByMaker(offer) : (AWAITED_BY_TAKER[offer.phase] ?? null);
}

/** Whether the winner should report and has not. */
function awaitsReport({ phase, terms, ownReport, otherReport }: OfferSnapshot): boolean {
  if (terms.doneWithinMs === undefined) return false;
  return (phase === 'awarded' && otherReport === null) || (phase === 'won' && ownReport === null);
}

function awaitedByMaker({ phase, inDoubt, terms, acceptancesWaiting }: Extract<OfferSnapshot, { role: 'maker' }>) {
  if (phase === 'reserved')
    return inDoubt
      ? 'the word of the taker, which is asked again, or a decision by hand'
      : 'the confirmation of the taker that it is held for, or the end of that hold';
  if (phase !== 'open') return null;
  if (terms.award === 'manual' && acceptancesWaiting > 0) return 'your choice among those that have accepted';
  if (terms.award === 'best') return 'the end of the window; then the best acceptance gets it';
  return 'an acceptance, or the end of its validity';
}

const AWAITED_BY_TAKER: Partial<Record<OfferSnapshot['phase'], string>> = {
  seen: 'an acceptance from here, if you want it',
  accepting: "the maker's word that the acceptance has arrived",
  queued: "the maker's question whether it still stands; others may be before us",
  confirmed: "the maker's decision; it is in doubt until then, and is never guessed",
};
