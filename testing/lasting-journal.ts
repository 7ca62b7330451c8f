/**
 * A journal that outlives its desk, as a file does. A crash can take the lazy entries at its end, of which nobody has said
 * that they are durable.
 */
import type { Archive, Cursor, DealsFilter, StoredDealsQuery, StoredPage } from '../src/ports/archive.ts';
import type { Journal, StoredOffer } from '../src/ports/journal.ts';
import type { OfferId, OfferKey } from '../src/protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../src/protocol/records.ts';
import { MemoryJournal } from '../src/store/memory-journal.ts';

export class LastingJournal implements Journal, Archive {
  readonly life: number;
  readonly restored: boolean;
  readonly failed = new Promise<never>(() => undefined);
  readonly #entries: JournalEntry[];
  readonly #inner: MemoryJournal;
  #durable: number;

  constructor(entries: readonly JournalEntry[] = [], life = 1, restored = false) {
    this.life = life;
    this.restored = restored;
    this.#entries = [...entries];
    this.#durable = entries.length;
    this.#inner = new MemoryJournal(life);
    for (const entry of entries) this.#inner.appendLazy(entry);
  }

  /** Lazy entries since the last durable one: what a crash may take. */
  get lazyTail(): readonly JournalEntry[] {
    return this.#entries.slice(this.#durable);
  }

  /**
   * What the next start finds.
   * @param keepLazy how many entries of the lazy tail have reached the disk all the same; all by default
   */
  nextLife(keepLazy = Infinity): LastingJournal {
    return new LastingJournal(this.#entries.slice(0, this.#durable + keepLazy), this.life + 1, this.restored);
  }

  /** What a copy that is made now, and put in the place of the journal later, holds. */
  copied(): LastingJournal {
    return new LastingJournal(this.#entries, this.life, true);
  }

  async append(entry: JournalEntry): Promise<void> {
    this.appendLazy(entry);
    await this.sync();
  }

  appendLazy(entry: JournalEntry): void {
    this.#entries.push(entry);
    this.#inner.appendLazy(entry);
  }

  sync(): Promise<void> {
    this.#durable = this.#entries.length;
    return Promise.resolve();
  }

  readOffer(offer: OfferKey): Promise<readonly JournalRecord[]> {
    return this.#inner.readOffer(offer);
  }

  readLatestUnder(reference: string): Promise<StoredOffer | null> {
    return this.#inner.readLatestUnder(reference);
  }

  readRenewalOf(offerId: OfferId): Promise<StoredOffer | null> {
    return this.#inner.readRenewalOf(offerId);
  }

  readUnfinished(): Promise<readonly StoredOffer[]> {
    return this.#inner.readUnfinished();
  }

  readDeals(query: StoredDealsQuery): Promise<StoredPage> {
    return this.#inner.readDeals(query);
  }

  countDeals(filter: DealsFilter): Promise<number> {
    return this.#inner.countDeals(filter);
  }

  findOffers(idPrefix: string, limit: number): Promise<readonly StoredOffer[]> {
    return this.#inner.findOffers(idPrefix, limit);
  }

  readFinished(page: { readonly after?: Cursor | undefined; readonly limit: number }): Promise<StoredPage> {
    return this.#inner.readFinished(page);
  }

  beginGeneration(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.sync();
  }
}
