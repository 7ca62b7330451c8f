/**
 * A journal in memory. It implements the port except that it does not survive its process, and that it drops the oldest finished offers
 * above a limit.
 */
import type { Archive, Cursor, DealsFilter, StoredDealsQuery, StoredPage } from '../ports/archive.ts';
import type { Equivocation, Evidence } from '../ports/evidence.ts';
import type { Journal, StoredOffer } from '../ports/journal.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { offerIdOf, offerKey, type OfferId, type OfferKey } from '../protocol/ids.ts';
import type { JournalEntry, JournalRecord, MakerRecord } from '../protocol/records.ts';
import { cursorOf, positionOf, type Position } from './cursor.ts';

/** Each takes 1 to 2 KB. */
const FINISHED_OFFERS_MAX = 20_000;

const DECISIONS: ReadonlySet<string> = new Set(['awarded', 'won', 'closed']);

type Opened = Extract<MakerRecord, { type: 'opened' }>;

/** A record with its number in the journal. */
interface Numbered {
  readonly seq: number;
  readonly record: JournalRecord;
}

export class MemoryJournal implements Journal, Evidence, Archive {
  readonly life: number;
  readonly restored = false;
  /** Never settles: memory does not fail. */
  readonly failed = new Promise<never>(() => undefined);
  readonly #records = new Map<OfferKey, Numbered[]>();
  /** In the order in which they finished. */
  readonly #finished = new Set<OfferKey>();
  /** The latest own offer with each reference. */
  readonly #latestUnder = new Map<string, OfferKey>();
  readonly #renewals = new Map<OfferId, OfferKey>();
  readonly #evidence = new Map<OfferKey, Equivocation>();
  #seq = 0;
  #closed = false;

  constructor(life = 1) {
    this.life = life;
  }

  append(entry: JournalEntry): Promise<void> {
    return this.#whenOpen(() => this.#write(entry));
  }

  appendLazy(entry: JournalEntry): void {
    if (this.#closed) throw closed();
    this.#write(entry);
  }

  sync(): Promise<void> {
    return this.#whenOpen(() => undefined);
  }

  mayHave(offer: OfferKey): boolean {
    return this.#records.has(offer);
  }

  readOffer(offer: OfferKey): Promise<readonly JournalRecord[]> {
    return Promise.resolve((this.#records.get(offer) ?? []).map(({ record }) => record));
  }

  readLatestUnder(reference: string): Promise<StoredOffer | null> {
    return Promise.resolve(this.#stored(this.#latestUnder.get(reference)));
  }

  readRenewalOf(offerId: OfferId): Promise<StoredOffer | null> {
    return Promise.resolve(this.#stored(this.#renewals.get(offerId)));
  }

  readUnfinished(): Promise<readonly StoredOffer[]> {
    const unfinished = [...this.#records].filter(([offer]) => !this.#finished.has(offer));
    return Promise.resolve(unfinished.map(stored));
  }

  findOffers(idPrefix: string, limit: number): Promise<readonly StoredOffer[]> {
    const found = [...this.#records]
      .filter(([offer]) => offerIdOf(offer).startsWith(idPrefix))
      .sort(([left], [right]) => left.length - right.length);
    return Promise.resolve(found.slice(0, limit).map(stored));
  }

  readDeals({ after, limit, ...filter }: StoredDealsQuery): Promise<StoredPage> {
    const asOf = after === undefined ? this.#seq : positionOf(after).asOf;
    return Promise.resolve(pageOf(this.#deals(filter, asOf), after, limit));
  }

  countDeals(filter: DealsFilter): Promise<number> {
    return Promise.resolve(this.#deals(filter, this.#seq).length);
  }

  readFinished({ after, limit }: Pick<StoredDealsQuery, 'after' | 'limit'>): Promise<StoredPage> {
    const asOf = after === undefined ? this.#seq : positionOf(after).asOf;
    const finished = [...this.#finished].flatMap((offer) => {
      const records = this.#records.get(offer) ?? [];
      const seq = records[0]?.seq ?? 0;
      return seq > asOf ? [] : [{ position: { at: 0, seq, asOf }, offer, records }];
    });
    return Promise.resolve(pageOf(finished, after, limit));
  }

  keepEvidence(equivocation: Equivocation): Promise<void> {
    const key = offerKey(equivocation.maker, equivocation.offerId);
    if (!this.#evidence.has(key)) this.#evidence.set(key, equivocation);
    return Promise.resolve();
  }

  readEvidence(): Promise<readonly Equivocation[]> {
    return Promise.resolve([...this.#evidence.values()]);
  }

  beginGeneration(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  #deals(filter: DealsFilter, asOf: number): ListedOffer[] {
    return [...this.#records].flatMap(([offer, records]) => {
      const deal = dealRecordOf(records, filter, asOf);
      return deal === null ? [] : [{ position: { at: deal.record.record.at, seq: deal.seq, asOf }, offer, records }];
    });
  }

  #whenOpen(work: () => void): Promise<void> {
    if (this.#closed) return Promise.reject(closed());
    work();
    return Promise.resolve();
  }

  #write({ offer, records, finished }: JournalEntry): void {
    const numbered = records.map((record) => ({ seq: ++this.#seq, record }));
    const known = this.#records.get(offer);
    if (known === undefined) this.#records.set(offer, numbered);
    else known.push(...numbered);
    for (const { record } of records) if (record.type === 'opened') this.#addToIndexes(offer, record);
    this.#finished.delete(offer);
    if (finished) this.#finish(offer);
  }

  #stored(offer: OfferKey | undefined): StoredOffer | null {
    const records = offer === undefined ? undefined : this.#records.get(offer);
    return offer === undefined || records === undefined ? null : stored([offer, records]);
  }

  #addToIndexes(offer: OfferKey, { terms: { reference }, plan }: Opened): void {
    if (reference !== undefined) this.#latestUnder.set(reference, offer);
    if (plan?.renews !== undefined) this.#renewals.set(plan.renews, offer);
  }

  #removeFromIndexes(offer: OfferKey): void {
    const first = this.#records.get(offer)?.[0]?.record.record;
    if (first?.type !== 'opened') return;
    const { terms, plan } = first;
    if (terms.reference !== undefined && this.#latestUnder.get(terms.reference) === offer)
      this.#latestUnder.delete(terms.reference);
    if (plan?.renews !== undefined) this.#renewals.delete(plan.renews);
  }

  #finish(offer: OfferKey): void {
    this.#finished.add(offer);
    if (this.#finished.size <= FINISHED_OFFERS_MAX) return;
    const [oldest] = this.#finished;
    if (oldest === undefined) return;
    this.#finished.delete(oldest);
    this.#removeFromIndexes(oldest);
    this.#records.delete(oldest);
  }
}

function closed(): GrapevineError {
  return new GrapevineError('ERR_JOURNAL', 'the journal is closed');
}

function stored([offer, records]: [OfferKey, readonly Numbered[]]): StoredOffer {
  return { offer, records: records.map(({ record }) => record) };
}

/** The record, up to number `asOf`, by which the offer is a deal or in doubt; null when there is none, or the filter excludes it. */
function dealRecordOf(all: readonly Numbered[], filter: DealsFilter, asOf: number): Numbered | null {
  const { sinceMs = 0, untilMs = Infinity, inDoubt, result } = filter;
  const records = all.filter(({ seq }) => seq <= asOf);
  const latest = records.at(-1);
  const isInDoubt = latest?.record.record.type === 'confirmed';
  const deal = isInDoubt ? latest : records.find(({ record }) => DECISIONS.has(record.record.type));
  if (deal === undefined) return null;
  const { at } = deal.record.record;
  if (at < sinceMs || at >= untilMs || (inDoubt !== undefined && inDoubt !== isInDoubt)) return null;
  if (result !== undefined && (isInDoubt || result !== resultOf(records))) return null;
  return deal;
}

function resultOf(records: readonly Numbered[]): DealsFilter['result'] {
  const reported = records.flatMap(({ record: { record } }) =>
    record.type === 'reported' || record.type === 'reportReceived' ? [record.result] : [],
  );
  return reported.includes('failed') ? 'failed' : (reported[0] ?? 'open');
}

interface ListedOffer {
  readonly position: Position;
  readonly offer: OfferKey;
  readonly records: readonly Numbered[];
}

/** Sorts by time, then by number, descending. */
function pageOf(all: readonly ListedOffer[], after: Cursor | undefined, limit: number): StoredPage {
  const from = after === undefined ? null : positionOf(after);
  const rest = all
    .filter(({ position }) => from === null || compareDescending(from, position) < 0)
    .sort((left, right) => compareDescending(left.position, right.position));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return {
    offers: page.map(({ offer, records }) => stored([offer, records])),
    next: last !== undefined && rest.length > limit ? cursorOf(last.position) : null,
  };
}

function compareDescending(left: Position, right: Position): number {
  return right.at - left.at || right.seq - left.seq;
}
