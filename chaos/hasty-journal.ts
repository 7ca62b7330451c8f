/**
 * A broken journal, to show that a run can detect defects: it reports an entry as durable before it is. If its process is killed soon
 * after, entries that others know of are lost. (kill -9 alone can't show a missing fsync, as the cache of the machine survives. So this
 * journal delays entries in memory.)
 */
import type { Journal, StoredOffer } from '../src/ports/journal.ts';
import type { GrapevineError } from '../src/protocol/errors.ts';
import type { OfferId, OfferKey } from '../src/protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../src/protocol/records.ts';

const LATE_MS = 300;

export class HastyJournal implements Journal {
  readonly #journal: Journal;
  #late: JournalEntry[] = [];
  #written: Promise<unknown> = Promise.resolve();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  get life(): number {
    return this.#journal.life;
  }

  get restored(): boolean {
    return this.#journal.restored;
  }

  get failed(): Promise<GrapevineError> {
    return this.#journal.failed;
  }

  beginGeneration(): Promise<void> {
    return this.#journal.beginGeneration();
  }

  append(entry: JournalEntry): Promise<void> {
    this.appendLazy(entry);
    return Promise.resolve();
  }

  appendLazy(entry: JournalEntry): void {
    this.#late.push(entry);
    if (this.#late.length === 1) setTimeout(() => void this.#write(), LATE_MS);
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  async readOffer(offer: OfferKey): Promise<readonly JournalRecord[]> {
    await this.#write();
    return this.#journal.readOffer(offer);
  }

  async readLatestUnder(reference: string): Promise<StoredOffer | null> {
    await this.#write();
    return this.#journal.readLatestUnder(reference);
  }

  async readRenewalOf(offerId: OfferId): Promise<StoredOffer | null> {
    await this.#write();
    return this.#journal.readRenewalOf(offerId);
  }

  async readUnfinished(): Promise<readonly StoredOffer[]> {
    await this.#write();
    return this.#journal.readUnfinished();
  }

  async close(): Promise<void> {
    await this.#write();
    await this.#journal.close();
  }

  #write(): Promise<unknown> {
    const entries = this.#late;
    this.#late = [];
    const written = Promise.all(entries.map((entry) => this.#journal.append(entry)));
    this.#written = Promise.all([this.#written, written]);
    return this.#written;
  }
}
