/** The journal's records of one offer as entries of its story: flat, in order, with who did it. Words are the reader's. */
import type { OfferSnapshot } from '../../desk/offer-snapshot.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { OfferTerms } from '../../protocol/messages.ts';
import type { JournalRecord, MakerRecord, TakerRecord } from '../../protocol/records.ts';
import type { StoryEntry } from '../contract.ts';

type Fields = StoryEntry['fields'];

export function storyEntries(
  records: readonly JournalRecord[],
  { self, maker }: { readonly self: PeerId; readonly maker: PeerId },
): StoryEntry[] {
  let taker: PeerId | null = null;
  return records.map(({ role, record }) => {
    if (record.type === 'reserved') taker = record.taker.id;
    const about: Fields = role === 'maker' && OF_ITS_TAKER.has(record.type) ? { taker } : {};
    const who = role === 'maker' ? whoOfMaker(record, self, taker) : whoOfTaker(record, self, maker);
    // What the journal has signatures of is what the other side has said.
    const other = role === 'maker' ? taker : maker;
    const signedBy = 'auth' in record ? other : null;
    return { at: record.at, who, event: record.type, fields: { ...about, ...fieldsOf(record) }, signedBy };
  });
}

/** Records that do not name the taker that they are about. */
const OF_ITS_TAKER: ReadonlySet<MakerRecord['type']> = new Set(['released', 'delivered']);

function whoOfMaker({ type }: MakerRecord, self: PeerId, taker: PeerId | null): PeerId | null {
  if (type === 'expired') return null;
  return type === 'delivered' ? taker : self;
}

function whoOfTaker({ type }: TakerRecord, self: PeerId, maker: PeerId): PeerId {
  const byMaker: readonly TakerRecord['type'][] = ['released', 'won', 'lost', 'truth'];
  return byMaker.includes(type) ? maker : self;
}

function fieldsOf(record: MakerRecord | TakerRecord): Fields {
  const fields: Fields = {};
  for (const [name, value] of Object.entries(record) as [string, unknown][]) {
    if (name === 'type' || name === 'at' || name === 'auth') continue;
    if (name === 'terms') Object.assign(fields, termsOf(value as OfferTerms));
    else if (name === 'taker') fields['taker'] = (value as { readonly id: string }).id;
    else fields[name] = value as string | number | boolean | null;
  }
  return fields;
}

function termsOf({ type, amount, pair, unitPrice, expiresAt, award, windowMs, to }: OfferTerms): Fields {
  return {
    type,
    amount,
    pair,
    // An acceptance has a `unitPrice` of its own: the bid.
    makersUnitPrice: unitPrice,
    expiresAt,
    ...(award !== undefined && { award }),
    ...(windowMs !== undefined && { windowMs }),
    ...(to !== undefined && { to: to.join(' ') }),
  };
}

/** What has to happen next; null when it has ended. */
export function awaited(offer: OfferSnapshot): string | null {
  return offer.role === 'maker' ? awaitedByMaker(offer) : (AWAITED_BY_TAKER[offer.phase] ?? null);
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
