/** A journal that outlives its desk, as a file does. A crash can lose the lazy entries at its end, which are not durable yet. */
import type { Archive } from '../src/ports/archive.ts';
import type { Journal } from '../src/ports/journal.ts';
import type { JournalEntry } from '../src/protocol/records.ts';
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

  /**
   * The journal that the next start finds.
   * @param keepLazy the number of lazy entries after the last durable one that have reached the disk; default: all
   */
  nextLife(keepLazy = Infinity): LastingJournal {
    return new LastingJournal(this.#entries.slice(0, this.#durable + keepLazy), this.life + 1, this.restored);
  }

  /** The journal after an operator has replaced it with a copy that was made now. */
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

  readonly readOffer: Journal['readOffer'] = (offer) => this.#inner.readOffer(offer);
  readonly readLatestUnder: Journal['readLatestUnder'] = (reference) => this.#inner.readLatestUnder(reference);
  readonly readRenewalOf: Journal['readRenewalOf'] = (offerId) => this.#inner.readRenewalOf(offerId);
  readonly readUnfinished: Journal['readUnfinished'] = () => this.#inner.readUnfinished();
  readonly readDeals: Archive['readDeals'] = (query) => this.#inner.readDeals(query);
  readonly countDeals: Archive['countDeals'] = (filter) => this.#inner.countDeals(filter);
  readonly findOffers: Archive['findOffers'] = (idPrefix, limit) => this.#inner.findOffers(idPrefix, limit);
  readonly readFinished: Archive['readFinished'] = (page) => this.#inner.readFinished(page);

  beginGeneration(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.sync();
  }
}
