/** Wraps a journal and reports the duration of each append, and the number of entries in each commit. */
import type { Archive } from '../ports/archive.ts';
import type { Journal } from '../ports/journal.ts';

export interface JournalObserver {
  journalAppended(seconds: number): void;
  journalCommitted(entries: number): void;
}

/**
 * Entries that become durable in the same turn of the event loop count as one commit: their journal settles them together.
 * @param now monotonic clock in milliseconds
 */
export function timedJournal(
  journal: Journal & Partial<Archive>,
  observer: JournalObserver,
  now: () => number,
): Journal & Partial<Archive> {
  const count = commitCounter(observer);
  return {
    get life() {
      return journal.life;
    },
    get restored() {
      return journal.restored;
    },
    get failed() {
      return journal.failed;
    },
    append: (entry) => {
      const before = now();
      const durable = journal.append(entry);
      const measure = (): void => {
        observer.journalAppended((now() - before) / 1000);
        count();
      };
      durable.then(measure, () => undefined);
      // The original promise: a derived one would reject later, after other work of a failed journal.
      return durable;
    },
    appendLazy: (entry) => journal.appendLazy(entry),
    sync: () => journal.sync(),
    beginGeneration: () => journal.beginGeneration(),
    mayHave: (offer) => journal.mayHave?.(offer) ?? true,
    readOffer: (offer) => journal.readOffer(offer),
    readLatestUnder: (reference) => journal.readLatestUnder(reference),
    readRenewalOf: (offerId) => journal.readRenewalOf(offerId),
    readUnfinished: () => journal.readUnfinished(),
    ...archiveOf(journal),
    close: () => journal.close(),
  };
}

function commitCounter(observer: JournalObserver): () => void {
  let together = 0;
  return () => {
    together += 1;
    if (together > 1) return;
    setImmediate(() => {
      observer.journalCommitted(together);
      together = 0;
    });
  };
}

/** Not measured. */
function archiveOf(journal: Partial<Archive>): Partial<Archive> {
  const { findOffers, readDeals, countDeals, readFinished } = journal;
  return {
    ...(findOffers !== undefined && { findOffers: findOffers.bind(journal) }),
    ...(readDeals !== undefined && { readDeals: readDeals.bind(journal) }),
    ...(countDeals !== undefined && { countDeals: countDeals.bind(journal) }),
    ...(readFinished !== undefined && { readFinished: readFinished.bind(journal) }),
  };
}
