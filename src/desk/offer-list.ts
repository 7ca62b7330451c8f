/** Our open offers, page by page, for those who came late. What is directed to others is not shown. */
import type { Identity } from '../ports/identity.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { ListAnswer, ListedOffer, OfferList } from '../protocol/messages.ts';
import { listedToWire } from '../wire/answer-codec.ts';
import type { OfferBook } from './offer-book.ts';

interface Surroundings {
  readonly book: OfferBook;
  readonly identity: Identity;
  readonly now: () => number;
}

export async function listOffers(
  { book, identity, now }: Surroundings,
  { taker, after, limit }: OfferList,
): Promise<ListAnswer> {
  const open = [...openTerms(book, now())]
    .filter(({ offerId, to }) => (after === null || offerId > after) && to?.includes(taker) !== false)
    .sort((a, b) => (a.offerId < b.offerId ? -1 : 1));
  const page = await Promise.all(
    open.slice(0, limit).map(async (terms) => ({ terms, auth: await identity.signFact({ cmd: 'offer:new', terms }) })),
  );
  const offers: ListedOffer[] = [];
  let bytes = 0;
  for (const listed of page) {
    bytes += JSON.stringify(listedToWire(listed)).length;
    if (bytes > LIMITS.listPageMaxBytes && offers.length > 0) break;
    offers.push(listed);
  }
  return { kind: 'list', offers, next: offers.length < open.length ? (offers.at(-1)?.terms.offerId ?? null) : null };
}

function* openTerms(book: OfferBook, now: number) {
  for (const { state } of book.own.running()) {
    if (state === null || (state.phase !== 'open' && state.phase !== 'reserved')) continue;
    if (state.terms.expiresAt === null || state.terms.expiresAt > now) yield state.terms;
  }
}
