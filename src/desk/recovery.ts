/** Restores the state of a desk from its journal at a start, before other desks can find it. */
import { everyPage, type Archive, type Cursor, type StoredPage } from '../ports/archive.ts';
import type { Journal } from '../ports/journal.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { hasStopped, type TakerPhase } from '../protocol/lifecycle.ts';
import { DESK_LIMITS } from './limits.ts';
import type { OfferTerms } from '../protocol/messages.ts';
import type { JournalRecord } from '../protocol/records.ts';
import { foldMaker, foldTaker } from './protocol-roles.ts';
import { journalError } from './offer-actor.ts';
import type { MakerActor, OfferBook, TakerActor } from './offer-book.ts';

type Actor = MakerActor | TakerActor;

/** @throws GrapevineError ERR_JOURNAL, or a more specific code */
export async function recoverOffers(journal: Journal & Partial<Archive>, book: OfferBook): Promise<readonly Actor[]> {
  try {
    await restorePartners(journal, book);
    const stored = await journal.readUnfinished();
    return stored.map(({ offer, records }) => {
      if (records[0]?.role === 'maker') return book.own.add(offer, foldMaker(records));
      const state = foldTaker(records);
      const actor = book.others.add(offer, state);
      if (state !== null) book.addToShare(offer, state.terms);
      return actor;
    });
  } catch (error) {
    throw journalError(error);
  }
}

/**
 * Ends the offers of a restored copy of the journal that are not final. The copy may lack awards, which must not be
 * made again to other takers. It may also lack a later acceptance of an offer that was withdrawn or given up. Runs
 * before peers can reach us.
 * @returns the number of offers that were ended
 * @throws GrapevineError ERR_JOURNAL, or a more specific code
 */
export async function voidRestored(
  journal: Journal & Partial<Archive>,
  book: OfferBook,
  recovered: readonly Actor[],
): Promise<number> {
  let voided = await voidAll(recovered);
  for await (const stored of everyPage((after) => readFinished(journal, after))) {
    const stopped = stored.flatMap(({ records }) => stoppedIn(records) ?? []);
    voided += await voidAll(
      await Promise.all(stopped.map(async ({ maker, offerId }) => book.others.find(maker, offerId))),
    );
  }
  await journal.beginGeneration();
  return voided;
}

function readFinished(journal: Partial<Archive>, after: Cursor | undefined): Promise<StoredPage> {
  if (journal.readFinished === undefined) {
    const text =
      'this journal was restored from a copy but cannot list its finished offers: use one that is an Archive';
    throw new GrapevineError('ERR_JOURNAL', text);
  }
  return journal.readFinished({ after, limit: DESK_LIMITS.journalPageMax });
}

/** The terms, if we were the taker and have withdrawn our acceptance or given up. */
function stoppedIn(records: readonly JournalRecord[]): OfferTerms | null {
  const latest = records.at(-1);
  if (latest?.role !== 'taker' || !hasStopped(latest.record.type as TakerPhase)) return null;
  return foldTaker(records)?.terms ?? null;
}

async function voidAll(actors: readonly Actor[]): Promise<number> {
  const answers = await Promise.all(actors.map((actor) => actor.submit({ kind: 'void' })));
  for (const answer of answers) if (answer?.kind === 'refused') throw new GrapevineError(answer.code, answer.text);
  return actors.filter(({ state }) => state?.phase === 'voided').length;
}

/** Reads the partners of our latest deals. The latest partner is added last, so that it is forgotten last. */
async function restorePartners(journal: Partial<Archive>, book: OfferBook): Promise<void> {
  if (journal.readDeals === undefined) return;
  const limit = DESK_LIMITS.dealsRecalledMax;
  const page = await journal.readDeals({ limit });
  for (const { records } of [...page.offers].reverse()) {
    const partner = partnerIn(records);
    if (partner !== null) book.recordDeal(partner);
  }
}

function partnerIn(records: readonly JournalRecord[]): PeerId | null {
  if (records[0]?.role === 'maker') {
    const taker = foldMaker(records)?.award?.taker;
    return taker?.dialect === 'grapevine' ? taker.id : null;
  }
  const state = foldTaker(records);
  return state?.phase === 'won' ? state.terms.maker : null;
}
