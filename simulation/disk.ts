/** The disk of a desk, which survives crashes. This one is in memory; `sqlite-disk.ts` has a real journal. */
import type { StoredOffer } from '../src/ports/journal.ts';
import type { OfferId, OfferKey } from '../src/protocol/ids.ts';
import type { JournalEntry, JournalRecord, MakerRecord } from '../src/protocol/records.ts';

export interface Disk {
  /** Resolves when the entries are durable. */
  write(entries: readonly JournalEntry[]): Promise<void>;
  readOffer(offer: OfferKey): Promise<readonly JournalRecord[]>;
  readLatestUnder(reference: string): Promise<StoredOffer | null>;
  readRenewalOf(offerId: OfferId): Promise<StoredOffer | null>;
  readUnfinished(): Promise<readonly StoredOffer[]>;
  readFinished(): Promise<readonly StoredOffer[]>;
  /** The desk's process has been killed, as with `kill -9`. */
  crashed(): void;
  /** True from `restore` to `beginGeneration`. */
  isRestored(): boolean;
  beginGeneration(): Promise<void>;
  /** Makes a copy; `restore` replaces the contents with it. */
  copy(): Promise<unknown>;
  restore(copy: unknown): void;
  dispose(): Promise<void>;
}

interface Kept {
  records: readonly JournalRecord[];
  finished: boolean;
}

export class MemoryDisk implements Disk {
  #offers = new Map<OfferKey, Kept>();
  #restored = false;

  write(entries: readonly JournalEntry[]): Promise<void> {
    for (const { offer, records, finished } of entries) {
      const kept = this.#offers.get(offer);
      if (kept === undefined) this.#offers.set(offer, { records, finished });
      else {
        kept.records = [...kept.records, ...records];
        kept.finished = finished;
      }
    }
    return Promise.resolve();
  }

  readOffer(offer: OfferKey): Promise<readonly JournalRecord[]> {
    return Promise.resolve(this.#offers.get(offer)?.records ?? []);
  }

  readLatestUnder(reference: string): Promise<StoredOffer | null> {
    return Promise.resolve(this.#latestOpened(({ terms }) => terms.reference === reference));
  }

  readRenewalOf(offerId: OfferId): Promise<StoredOffer | null> {
    return Promise.resolve(this.#latestOpened(({ plan }) => plan?.renews === offerId));
  }

  #latestOpened(is: (record: Extract<MakerRecord, { type: 'opened' }>) => boolean): StoredOffer | null {
    const found = [...this.#offers].findLast(([, { records }]) => {
      const first = records[0]?.record;
      return first?.type === 'opened' && is(first);
    });
    return found === undefined ? null : { offer: found[0], records: found[1].records };
  }

  readUnfinished(): Promise<readonly StoredOffer[]> {
    return Promise.resolve(this.#select(false));
  }

  readFinished(): Promise<readonly StoredOffer[]> {
    return Promise.resolve(this.#select(true));
  }

  #select(isFinished: boolean): readonly StoredOffer[] {
    const found = [...this.#offers].filter(([, { finished }]) => finished === isFinished);
    return found.map(([offer, { records }]) => ({ offer, records }));
  }

  crashed(): void {
    // All writes are already here.
  }

  isRestored(): boolean {
    return this.#restored;
  }

  beginGeneration(): Promise<void> {
    this.#restored = false;
    return Promise.resolve();
  }

  copy(): Promise<unknown> {
    return Promise.resolve(new Map([...this.#offers].map(([offer, kept]) => [offer, { ...kept }])));
  }

  restore(copy: unknown): void {
    this.#restored = true;
    this.#offers = new Map([...(copy as Map<OfferKey, Kept>)].map(([offer, kept]) => [offer, { ...kept }]));
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}
