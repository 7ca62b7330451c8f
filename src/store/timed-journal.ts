/** A journal that tells how long it takes, and how many of its entries become durable together. */
import type { Journal } from '../ports/journal.ts';

export interface JournalObserver {
  journalAppended(seconds: number): void;
  journalCommitted(entries: number): void;
}

/**
 * Entries of one commit are those that become durable in the same turn of the event loop: their journal settles them
 * together.
 * @param now milliseconds; only differences matter
 */
export function timedJournal(journal: Journal, observer: JournalObserver, now: () => number): Journal {
  let together = 0;
  const count = (): void => {
    together += 1;
    if (together > 1) return;
    setImmediate(() => {
      observer.journalCommitted(together);
      together = 0;
    });
  };
  return {
    get restored() {
      return journal.restored;
    },
    append: async (entry) => {
      const before = now();
      await journal.append(entry);
      observer.journalAppended((now() - before) / 1000);
      count();
    },
    beginGeneration: () => journal.beginGeneration(),
    readOffer: (offer) => journal.readOffer(offer),
    readUnfinished: () => journal.readUnfinished(),
    close: () => journal.close(),
  };
}
