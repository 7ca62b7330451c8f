/**
 * The journal of a desk of the theatre, which can simulate a crash of its desk. After `kill`, appends are dropped and their promises
 * stay pending. Entries that were appended before reach the disk.
 */
import type { Archive } from '../ports/archive.ts';
import type { Journal } from '../ports/journal.ts';
import type { JournalEntry } from '../protocol/records.ts';

export class StageJournal implements Journal {
  readonly #inner: Journal & Archive;
  #isDead = false;

  constructor(inner: Journal & Archive) {
    this.#inner = inner;
  }

  kill(): void {
    this.#isDead = true;
  }

  get life(): number {
    return this.#inner.life;
  }

  get restored(): boolean {
    return this.#inner.restored;
  }

  get failed(): Journal['failed'] {
    return this.#inner.failed;
  }

  beginGeneration(): Promise<void> {
    return this.#inner.beginGeneration();
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

  readOffer(offer: Parameters<Journal['readOffer']>[0]): ReturnType<Journal['readOffer']> {
    return this.#inner.readOffer(offer);
  }

  readLatestUnder(reference: string): ReturnType<Journal['readLatestUnder']> {
    return this.#inner.readLatestUnder(reference);
  }

  readRenewalOf(offerId: Parameters<Journal['readRenewalOf']>[0]): ReturnType<Journal['readRenewalOf']> {
    return this.#inner.readRenewalOf(offerId);
  }

  readUnfinished(): ReturnType<Journal['readUnfinished']> {
    return this.#inner.readUnfinished();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
