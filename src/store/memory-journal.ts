/**
 * A journal that lasts as long as its process. It keeps the contract of the port in everything but that; so the desk on
 * top of it is the same desk. Finished offers beyond a bound are forgotten, oldest first.
 */
import type { Archive } from '../ports/archive.ts';
import type { Equivocation, Evidence } from '../ports/evidence.ts';
import type { Journal, StoredOffer } from '../ports/journal.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { offerKey, type OfferKey } from '../protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../protocol/records.ts';

/** Enough for a long day of deals; 1 to 2 KB each. */
const FINISHED_OFFERS_MAX = 20_000;

const DEAL_RECORDS: ReadonlySet<string> = new Set(['awarded', 'confirmed', 'won', 'closed']);

export class MemoryJournal implements Journal, Evidence, Archive {
  readonly restored = false;
  readonly #finishedMax: number;
  readonly #records = new Map<OfferKey, JournalRecord[]>();
  /** In the order in which they finished. */
  readonly #finished = new Set<OfferKey>();
  readonly #evidence = new Map<OfferKey, Equivocation>();
  #closed = false;

  constructor(finishedMax = FINISHED_OFFERS_MAX) {
    this.#finishedMax = finishedMax;
  }

  append({ offer, records, finished }: JournalEntry): Promise<void> {
    if (this.#closed) return Promise.reject(new GrapevineError('ERR_JOURNAL', 'the journal is closed'));
    const known = this.#records.get(offer);
    if (known === undefined) this.#records.set(offer, [...records]);
    else known.push(...records);
    this.#finished.delete(offer);
    if (finished) this.#finish(offer);
    return Promise.resolve();
  }

  readOffer(offer: OfferKey): Promise<readonly JournalRecord[]> {
    return Promise.resolve([...(this.#records.get(offer) ?? [])]);
  }

  readUnfinished(): Promise<readonly StoredOffer[]> {
    const unfinished = [...this.#records].filter(([offer]) => !this.#finished.has(offer));
    return Promise.resolve(unfinished.map(([offer, records]) => ({ offer, records: [...records] })));
  }

  findOffers(idPrefix: string, limit: number): Promise<readonly StoredOffer[]> {
    const found = [...this.#records].filter(([offer]) => offer.slice(offer.indexOf('/') + 1).startsWith(idPrefix));
    return Promise.resolve(found.slice(0, limit).map(stored));
  }

  readDeals(sinceMs: number, limit: number): Promise<readonly StoredOffer[]> {
    const deals = [...this.#records].flatMap((entry) => {
      const at = dealtAt(entry[1]);
      return at === null || at < sinceMs ? [] : [{ at, entry }];
    });
    deals.sort((a, b) => b.at - a.at);
    return Promise.resolve(deals.slice(0, limit).map(({ entry }) => stored(entry)));
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

  #finish(offer: OfferKey): void {
    this.#finished.add(offer);
    if (this.#finished.size <= this.#finishedMax) return;
    const [oldest] = this.#finished;
    if (oldest === undefined) return;
    this.#finished.delete(oldest);
    this.#records.delete(oldest);
  }
}

function stored([offer, records]: [OfferKey, readonly JournalRecord[]]): StoredOffer {
  return { offer, records: [...records] };
}

/** When it last became, or may have become, a deal; null: never. */
function dealtAt(records: readonly JournalRecord[]): number | null {
  return records.reduce<number | null>(
    (latest, { record }) => (DEAL_RECORDS.has(record.type) ? Math.max(latest ?? 0, record.at) : latest),
    null,
  );
}
