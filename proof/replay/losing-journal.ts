/**
 * The journal of one life of a desk in a replay. Lazy entries become durable only with a later entry that is waited for. A crash before
 * that loses all of them.
 */
import type { Journal } from '../../src/ports/journal.ts';
import type { OfferKey } from '../../src/protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../../src/protocol/records.ts';
import { withChanges } from '../../testing/with-changes.ts';

/** The records of a desk about the only offer of a replay, in all its lives. */
export class Book {
  written: JournalRecord[] = [];
  readonly durable: JournalRecord[] = [];

  crashed(): void {
    this.written = [...this.durable];
  }
}

interface LosingJournalInit {
  readonly inner: Journal;
  readonly book: Book;
  /** Lazy records that become durable at once, as if an entry of another offer had been waited for right after them. */
  readonly isCovered: (type: JournalRecord['record']['type']) => boolean;
  readonly wrote: (record: JournalRecord) => void;
}

export function losingJournal({ inner, book, isCovered, wrote }: LosingJournalInit): Journal {
  /** Written and not durable: lost with this life. */
  let tail: JournalEntry[] = [];
  const write = (entry: JournalEntry): void => {
    book.written.push(...entry.records);
    for (const record of entry.records) wrote(record);
  };
  const sync = async (): Promise<void> => {
    const entries = tail;
    tail = [];
    // After the end of this life, these promises never resolve.
    await Promise.all(entries.map((entry) => inner.append(entry)));
    for (const { records } of entries) book.durable.push(...records);
  };
  return withChanges(inner, {
    append: (entry) => {
      write(entry);
      tail.push(entry);
      return sync();
    },
    appendLazy: (entry) => {
      write(entry);
      tail.push(entry);
      if (entry.records.some(({ record }) => isCovered(record.type))) void sync();
    },
    sync,
    readOffer: async (offer: OfferKey) => {
      const late = tail.filter((entry) => entry.offer === offer).flatMap(({ records }) => records);
      return [...(await inner.readOffer(offer)), ...late];
    },
  });
}
