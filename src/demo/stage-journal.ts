/**
 * The journal of a desk of the theatre, which can simulate a crash of its desk. After `kill`, appends are dropped and their promises
 * stay pending. Entries that were appended before reach the disk.
 */
import type { Journal } from '../ports/journal.ts';
import type { JournalEntry } from '../protocol/records.ts';

export class StageJournal implements Journal {
  readonly #inner: Journal;
  #isDead = false;

  constructor(inner: Journal) {
    this.#inner = inner;
  }

  readonly beginGeneration: Journal['beginGeneration'] = () => this.#inner.beginGeneration();
  readonly readOffer: Journal['readOffer'] = (offer) => this.#inner.readOffer(offer);
  readonly readLatestUnder: Journal['readLatestUnder'] = (reference) => this.#inner.readLatestUnder(reference);
  readonly readRenewalOf: Journal['readRenewalOf'] = (offerId) => this.#inner.readRenewalOf(offerId);
  readonly readUnfinished: Journal['readUnfinished'] = () => this.#inner.readUnfinished();
  readonly close: Journal['close'] = () => this.#inner.close();

  get life(): number {
    return this.#inner.life;
  }

  get restored(): boolean {
    return this.#inner.restored;
  }

  get failed(): Journal['failed'] {
    return this.#inner.failed;
  }

  kill(): void {
    this.#isDead = true;
  }

  append(entry: JournalEntry): Promise<void> {
    return this.#isDead ? never() : this.#inner.append(entry);
  }

  appendLazy(entry: JournalEntry): void {
    if (!this.#isDead) this.#inner.appendLazy(entry);
  }

  sync(): Promise<void> {
    return this.#isDead ? never() : this.#inner.sync();
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
