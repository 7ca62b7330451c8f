/** A journal that can be made to wait, or to fail, before it writes: to look at what is said meanwhile. */
import type { Journal, StoredOffer } from '../src/ports/journal.ts';
import type { OfferKey } from '../src/protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../src/protocol/records.ts';
import { MemoryJournal } from '../src/store/memory-journal.ts';

export class GatedJournal implements Journal {
  readonly restored = false;
  readonly #inner = new MemoryJournal();
  readonly #held: (() => void)[] = [];
  /** Decides for each entry whether it has to wait for `open`. */
  holds: (entry: JournalEntry) => boolean = () => false;
  failure: Error | null = null;

  async append(entry: JournalEntry): Promise<void> {
    if (this.failure !== null) throw this.failure;
    if (this.holds(entry)) await new Promise<void>((resolve) => this.#held.push(resolve));
    await this.#inner.append(entry);
  }

  get heldCount(): number {
    return this.#held.length;
  }

  /** Writes what waits. */
  open(): void {
    this.holds = () => false;
    for (const write of this.#held.splice(0)) write();
  }

  readOffer(offer: OfferKey): Promise<readonly JournalRecord[]> {
    return this.#inner.readOffer(offer);
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
