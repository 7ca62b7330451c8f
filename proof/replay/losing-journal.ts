/**
 * The journal of one life of a desk in a replay: what nobody waits for is durable only when something later is waited for, and
 * a crash before that loses all of it.
 */
import type { Journal } from '../../src/ports/journal.ts';
import type { OfferKey } from '../../src/protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../../src/protocol/records.ts';
import { withChanges } from '../../testing/with-changes.ts';

/** What a desk has written about the one offer of a replay, over all its lives. */
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
  /** Records that become durable although nobody waits, as if another offer had waited right after them. */
  readonly isCovered: (type: JournalRecord['record']['type']) => boolean;
  readonly wrote: (record: JournalRecord) => void;
}

export function losingJournal({ inner, book, isCovered, wrote }: LosingJournalInit): Journal {
  /** Written, and forgotten with this life. */
  let tail: JournalEntry[] = [];
  const write = (entry: JournalEntry): void => {
    book.written.push(...entry.records);
    for (const record of entry.records) wrote(record);
  };
  const sync = async (): Promise<void> => {
    const entries = tail;
    tail = [];
    // Of a life that is over, none of these is ever resolved.
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
