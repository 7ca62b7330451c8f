/** Defects of journals, networks and clocks under correct desks, and of desks that bypass the queue of an offer. */
import { Desk } from '../src/desk/desk.ts';
import type { Journal, StoredOffer } from '../src/ports/journal.ts';
import { offerKey, type OfferId, type OfferKey } from '../src/protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../src/protocol/records.ts';
import type { Reply } from '../src/ports/network.ts';
import { signed } from '../testing/keyed-scheme.ts';
import { withChanges } from '../testing/with-changes.ts';
import { EPOCH_MS } from './sim-clock.ts';
import type { Listener } from './router.ts';
import type { Mutant } from './mutant.ts';
import type { SimDesk, Tampering } from './sim-desk.ts';

function wrongJournal(wrong: (journal: Journal, desk: SimDesk) => Partial<Journal>): Tampering {
  return { journal: (journal, desk) => withChanges(journal, wrong(journal, desk)) };
}

/** At a start, loses the latest record of an offer if it has this type. */
function forgetsAtRestart(type: JournalRecord['record']['type']): Tampering {
  return wrongJournal((journal) => ({
    readUnfinished: async () => (await journal.readUnfinished()).map((stored) => withoutLast(stored, type)),
  }));
}

function withoutLast({ offer, records }: StoredOffer, type: JournalRecord['record']['type']): StoredOffer {
  return records.at(-1)?.record.type === type ? { offer, records: records.slice(0, -1) } : { offer, records };
}

/** Acknowledges at once and writes later. */
function early(journal: Journal): Partial<Journal> {
  return {
    append: (entry) => {
      void journal.append(entry).catch(() => undefined);
      return Promise.resolve();
    },
  };
}

/** Collects entries in a cache, and writes several together. Reads see the cache; a crash loses it. */
function cached(journal: Journal): Partial<Journal> {
  const cache: JournalEntry[] = [];
  return {
    append: async (entry) => {
      cache.push(entry);
      if (cache.length < 4) return;
      await Promise.all(cache.splice(0).map((each) => journal.append(each)));
    },
    readOffer: async (offer) => {
      const late = cache.filter((entry) => entry.offer === offer).flatMap(({ records }) => records);
      return [...(await journal.readOffer(offer)), ...late];
    },
    close: async () => {
      await Promise.all(cache.splice(0).map((each) => journal.append(each)));
      await journal.close();
    },
  };
}

/** Writes only the first entry of a group, and acknowledges all. */
function torn(journal: Journal): Partial<Journal> {
  let writing: Promise<void> | null = null;
  return {
    append: (entry) => {
      writing ??= journal.append(entry).finally(() => {
        writing = null;
      });
      return writing;
    },
  };
}

/** Caches answers by request number only, so another sender with the same number gets the same answer. */
function answersByRid(listen: Listener): Listener {
  const answers = new Map<number, Promise<Reply>>();
  return (arrival) => {
    if (arrival.service === 'broadcast') return listen(arrival);
    const known = answers.get(arrival.rid) ?? listen(arrival);
    answers.set(arrival.rid, known);
    return known;
  };
}

/** Accepts `offer:done` with any signature. */
function acceptsDoneOfAny(desk: SimDesk): (listen: Listener) => Listener {
  return (listen) => async (arrival) => {
    const { cmd, body } = arrival.payload;
    if (cmd === 'offer:done') {
      for (const { role, terms } of desk.up?.offers() ?? []) {
        if (role !== 'taker' || terms.offerId !== body.offerId) continue;
        // As if it had not verified the signature.
        const believed = signed({ cmd, body: { ...body, source: terms.maker } });
        await listen({ ...arrival, payload: believed });
      }
    }
    return listen(arrival);
  };
}

/** Ends an offer outside the queue of its inputs, unless it is awarded. */
async function endBeside(
  desk: SimDesk,
  journal: Journal,
  offer: OfferKey,
  type: 'cancelled' | 'expired',
): Promise<void> {
  const snapshot = desk.up?.offers().find(({ role, terms }) => role === 'maker' && offer.endsWith(terms.offerId));
  if (snapshot?.phase !== 'open' && snapshot?.phase !== 'reserved') return;
  const at = EPOCH_MS;
  await journal.append({ offer, records: [{ role: 'maker', record: { type, at } }], finished: true });
}

const cancelBeside: Tampering = {
  journal: (journal, desk) => {
    journals.set(desk, journal);
    return journal;
  },
  cancel: async (desk, offerId) => {
    const journal = journals.get(desk);
    if (journal !== undefined) await endBeside(desk, journal, offerKey(desk.id, offerId as OfferId), 'cancelled');
  },
};

const journals = new WeakMap<SimDesk, Journal>();

/** Handles requests before the recovery: it knows only what it looks up in its journal. */
const answersBeforeRecovery: Tampering = {
  early: (desk, { network, journal, ...components }) => {
    const hasty = new Desk({
      ...components,
      journal: withChanges(journal, { readUnfinished: () => Promise.resolve([]), restored: false }),
      network: {
        start: (handler) => {
          desk.listenEarly(handler);
          return Promise.resolve({ port: 1 });
        },
        request: (...args) => network.request(...args),
        broadcast: (...args) => network.broadcast(...args),
        stop: () => Promise.resolve(),
      },
      presence: false,
    });
    void hasty.start();
  },
};

export const PORT_MUTANTS: readonly Mutant[] = [
  {
    name: 'send-before-journal',
    defect: 'what a step says leaves before its records are durable',
    tampering: wrongJournal(early),
  },
  {
    name: 'acknowledge-before-fsync',
    defect: 'the journal says that an entry is durable while it is in a cache',
    tampering: wrongJournal(cached),
  },
  {
    name: 'believe-a-torn-group',
    defect: 'of the entries that wait together one is written and all are acknowledged',
    tampering: wrongJournal(torn),
  },
  {
    name: 'answer-before-recovery',
    defect: 'requests are taken before the offers of the journal are under way again',
    tampering: answersBeforeRecovery,
  },
  {
    name: 'drop-reservation-at-restart',
    defect: 'a maker forgets at a restart whom it holds an offer for',
    tampering: forgetsAtRestart('reserved'),
  },
  {
    name: 'forget-confirmation-at-restart',
    defect: 'a taker forgets at a restart that it has confirmed',
    tampering: forgetsAtRestart('confirmed'),
  },
  {
    name: 'forget-award-at-restart',
    defect: 'a maker forgets at a restart that it has awarded, as long as the winner has not acknowledged',
    tampering: forgetsAtRestart('awarded'),
  },
  {
    name: 'award-from-a-restored-copy',
    defect: 'a desk goes on with an old copy of its journal as if nothing had been forgotten',
    tampering: wrongJournal(() => ({ restored: false })),
  },
  {
    name: 'cancel-without-the-queue',
    defect: 'a cancellation does not wait for what is being decided',
    tampering: cancelBeside,
  },
  {
    name: 'deduplicate-by-rid',
    defect: 'a request with a number that was seen before gets the answer that was given then',
    tampering: { edge: () => answersByRid },
  },
  {
    name: 'done-believed-from-anybody',
    defect: "the end of an offer is believed from whoever says it, as the original's clients do",
    tampering: { edge: acceptsDoneOfAny },
  },
  {
    name: 'lose-alarms',
    defect: 'one alarm in eight never comes',
    tampering: {
      clock: (clock) => {
        let set = 0;
        const isLost = (): boolean => (set += 1) % 8 === 0;
        const none = { cancel: () => undefined };
        return {
          now: () => clock.now(),
          monotonicNow: () => clock.monotonicNow(),
          wakeAt: (timeMs, wake) => (isLost() ? none : clock.wakeAt(timeMs, wake)),
          wakeAtMonotonic: (timeMs, wake) => (isLost() ? none : clock.wakeAtMonotonic(timeMs, wake)),
        };
      },
    },
  },
];
