/** A journal that can be made to wait, or to fail, before it writes: to look at what is said meanwhile. */
import type { Journal, StoredOffer } from '../src/ports/journal.ts';
import type { GrapevineError } from '../src/protocol/errors.ts';
import type { OfferId, OfferKey } from '../src/protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../src/protocol/records.ts';
import { MemoryJournal } from '../src/store/memory-journal.ts';

export class GatedJournal implements Journal {
  readonly life = 1;
  readonly restored = false;
  readonly failed: Promise<GrapevineError>;
  /** Entries that nobody waited for, in order. */
  readonly lazy: JournalEntry[] = [];
  readonly #inner = new MemoryJournal();
  readonly #held: (() => void)[] = [];
  #tellFailed: (error: GrapevineError) => void = () => undefined;
  /** Decides for each entry whether it has to wait for `open`. A lazy entry never waits. */
  holds: (entry: JournalEntry) => boolean = () => false;
  /** Whether `sync` waits for `open`. */
  holdsSync = false;
  failure: Error | null = null;

  constructor() {
    this.failed = new Promise((resolve) => (this.#tellFailed = resolve));
  }

  /** From here on nothing is taken, and `failed` says so, as when nobody waited for what could not be written. */
  fail(error: GrapevineError): void {
    this.failure = error;
    this.#tellFailed(error);
  }

  async append(entry: JournalEntry): Promise<void> {
    if (this.failure !== null) throw this.failure;
    if (this.holds(entry)) await new Promise<void>((resolve) => this.#held.push(resolve));
    await this.#inner.append(entry);
  }

  appendLazy(entry: JournalEntry): void {
    if (this.failure !== null) throw this.failure;
    this.lazy.push(entry);
    this.#inner.appendLazy(entry);
  }

  async sync(): Promise<void> {
    if (this.failure !== null) throw this.failure;
    if (this.holdsSync) await new Promise<void>((resolve) => this.#held.push(resolve));
  }

  get heldCount(): number {
    return this.#held.length;
  }

  /** Writes what waits. */
  open(): void {
    this.holds = () => false;
    this.holdsSync = false;
    for (const write of this.#held.splice(0)) write();
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

  beginGeneration(): Promise<void> {
    return this.#inner.beginGeneration();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
