/** What a desk knows from its earlier lives, before it can be found by others. */
import type { Archive } from '../ports/archive.ts';
import type { Journal } from '../ports/journal.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import { foldMaker, foldTaker } from './machines.ts';
import { journalError } from './offer-actor.ts';
import type { MakerActor, OfferBook, TakerActor } from './offer-book.ts';

type Actor = MakerActor | TakerActor;

/** @throws GrapevineError ERR_JOURNAL and its kin */
export async function recoverOffers(journal: Journal & Partial<Archive>, book: OfferBook): Promise<readonly Actor[]> {
  try {
    await recallDeals(journal, book);
    const stored = await journal.readUnfinished();
    return stored.map(({ offer, records }) => {
      if (records[0]?.role === 'maker') return book.own.add(offer, foldMaker(records));
      const state = foldTaker(records);
      const actor = book.others.add(offer, state);
      if (state !== null) book.count(offer, state.terms, state.dialect === 'original');
      return actor;
    });
  } catch (error) {
    throw journalError(error);
  }
}

/**
 * Before anybody can reach us: a copy may have forgotten awards, and must not make them again.
 * @returns how many offers have ended by it
 * @throws GrapevineError ERR_JOURNAL and its kin
 */
export async function voidCopy(journal: Journal, recovered: readonly Actor[]): Promise<number> {
  const answers = await Promise.all(recovered.map((actor) => actor.tell({ kind: 'void' })));
  for (const answer of answers) if (answer?.kind === 'refused') throw new GrapevineError(answer.code, answer.text);
  await journal.beginGeneration();
  return answers.length;
}

/** Makers of our latest deals; the latest is recalled last, so that it is forgotten last. */
async function recallDeals(journal: Partial<Archive>, book: OfferBook): Promise<void> {
  if (journal.readDeals === undefined) return;
  const limit = LIMITS.dealsRecalledMax;
  const page = await journal.readDeals({ role: 'taker', limit });
  for (const { records } of [...page.offers].reverse()) {
    const state = foldTaker(records);
    if (state?.phase === 'won') book.dealtWith(state.terms.maker);
  }
}
