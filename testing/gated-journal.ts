/** A journal that a test can make wait, or fail, before it writes. So the test sees what the desk sends before an entry is durable. */
import type { Journal } from '../src/ports/journal.ts';
import type { GrapevineError } from '../src/protocol/errors.ts';
import type { JournalEntry } from '../src/protocol/records.ts';
import { MemoryJournal } from '../src/store/memory-journal.ts';

export class GatedJournal implements Journal {
  readonly life = 1;
  readonly restored = false;
  readonly failed: Promise<GrapevineError>;
  /** The lazy entries, in order. */
  readonly lazy: JournalEntry[] = [];
  readonly #inner = new MemoryJournal();
  readonly #held: (() => void)[] = [];
  #resolveFailed: (error: GrapevineError) => void = () => undefined;
  /** Decides for each entry whether its write waits for `open`. A lazy entry never waits. */
  holds: (entry: JournalEntry) => boolean = () => false;
  failure: Error | null = null;

  constructor() {
    this.failed = new Promise((resolve) => (this.#resolveFailed = resolve));
  }

  /** From now on, every call throws, and `failed` resolves: as after a lazy entry that could not be written. */
  fail(error: GrapevineError): void {
    this.failure = error;
    this.#resolveFailed(error);
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

  sync(): Promise<void> {
    return this.failure === null ? Promise.resolve() : Promise.reject(this.failure);
  }

  get heldCount(): number {
    return this.#held.length;
  }

  /** Writes the entries that wait, and lets all later ones pass. */
  open(): void {
    this.holds = () => false;
    for (const write of this.#held.splice(0)) write();
  }

  readonly readOffer: Journal['readOffer'] = (offer) => this.#inner.readOffer(offer);
  readonly readLatestUnder: Journal['readLatestUnder'] = (reference) => this.#inner.readLatestUnder(reference);
  readonly readRenewalOf: Journal['readRenewalOf'] = (offerId) => this.#inner.readRenewalOf(offerId);
  readonly readUnfinished: Journal['readUnfinished'] = () => this.#inner.readUnfinished();
  readonly beginGeneration: Journal['beginGeneration'] = () => this.#inner.beginGeneration();
  readonly close: Journal['close'] = () => this.#inner.close();
}
