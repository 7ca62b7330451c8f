/**
 * Lists our open offers, or all open offers that we know, page by page, for desks that start late. Leaves out offers
 * that are directed to other desks, and offers of others without a signature.
 */
import type { Identity } from '../ports/identity.ts';
import { compareTexts } from '../protocol/comparison.ts';
import { isUndecided } from '../protocol/lifecycle.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { ListAnswer, ListedOffer, OfferList, OfferTerms, Signature } from '../protocol/messages.ts';
import type { MakerState } from '../protocol/maker-state.ts';
import { listedOfferToWire } from '../wire/answer-codec.ts';
import { BookDigest } from '../wire/book-digest.ts';
import type { OfferBook } from './offer-book.ts';

interface ListContext {
  readonly book: OfferBook;
  readonly identity: Identity;
  readonly now: () => number;
}

/** An offer is signed only when it is sent. */
interface Entry {
  readonly terms: OfferTerms;
  readonly sign: () => Signature | Promise<Signature>;
}

export async function listOffers(context: ListContext, question: OfferList): Promise<ListAnswer> {
  const { asking, after, limit, book: whole } = question;
  const open = [...ownOffers(context)].filter(({ terms: { to } }) => to?.includes(asking) !== false);
  if (whole === undefined) {
    const { offers, last } = await page(
      after === null ? open : open.filter(({ terms }) => terms.offerId > after),
      limit,
    );
    return { kind: 'list', offers, next: last?.offerId ?? null };
  }
  const known = [...open.filter(({ terms: { to } }) => to === undefined), ...offersOfOthers(context)];
  const digest = new BookDigest(known.map(({ terms }) => terms));
  const missing = known.filter(({ terms }) => !digest.agreesOn(terms, whole.digest) && isAfter(terms, question));
  const { offers, last } = await page(missing, limit);
  const next = last === null ? { next: null } : { next: last.offerId, nextMaker: last.maker };
  return { kind: 'list', offers, ...next, digest: digest.toString() };
}

/** The offers in our digest: our own that are not directed, and the signed ones of others. */
export function* openBook(context: ListContext): Generator<OfferTerms> {
  for (const { terms } of ownOffers(context)) if (terms.to === undefined) yield terms;
  for (const { terms } of offersOfOthers(context)) yield terms;
}

/** The number of our open offers, including directed ones. A desk that knows as many of ours does not need our list. */
export function countOwnOpen(book: OfferBook, now: number): number {
  let count = 0;
  for (const { state } of book.own.running()) {
    if (isOpen(state) && isValid(state.terms, now)) count += 1;
  }
  return count;
}

/** @returns the first offers by id, and the last one of them if there are more */
async function page(
  entries: readonly Entry[],
  limit: number,
): Promise<{ offers: readonly ListedOffer[]; last: OfferTerms | null }> {
  const sorted = entries.toSorted((a, b) => compare(a.terms, b.terms));
  const signed = await Promise.all(
    sorted.slice(0, limit).map(async ({ terms, sign }): Promise<ListedOffer> => ({ terms, auth: await sign() })),
  );
  const offers: ListedOffer[] = [];
  let bytes = 0;
  for (const offer of signed) {
    bytes += JSON.stringify(listedOfferToWire(offer)).length;
    if (bytes > LIMITS.listPageMaxBytes && offers.length > 0) break;
    offers.push(offer);
  }
  return { offers, last: offers.length < sorted.length ? (offers.at(-1)?.terms ?? null) : null };
}

function compare(a: OfferTerms, b: OfferTerms): number {
  return compareTexts(a.offerId, b.offerId) || compareTexts(a.maker, b.maker);
}

function isAfter({ offerId, maker }: OfferTerms, { after, book }: OfferList): boolean {
  if (after === null || offerId > after) return true;
  return offerId === after && maker > (book?.afterMaker ?? '');
}

function* ownOffers({ book, identity, now }: ListContext): Generator<Entry> {
  for (const { state } of book.own.running()) {
    if (!isOpen(state) || !isValid(state.terms, now())) continue;
    const { terms } = state;
    yield { terms, sign: () => identity.signFact({ cmd: 'offer:new', terms }) };
  }
}

function* offersOfOthers({ book, now }: ListContext): Generator<Entry> {
  for (const { state } of book.others.running()) {
    if (state?.auth === undefined || state.terms.to !== undefined) continue;
    const { terms, auth } = state;
    if (isValid(terms, now())) yield { terms, sign: () => auth };
  }
}

function isOpen(state: MakerState | null): state is MakerState {
  return state !== null && isUndecided(state.phase);
}

function isValid({ expiresAt }: OfferTerms, now: number): boolean {
  return expiresAt === null || expiresAt > now;
}
