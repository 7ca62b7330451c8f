/** Filters and sorts offers for a query. */
import { compareOptional, compareTexts } from '../../protocol/comparison.ts';
import type { Offer, QueryOf } from '../contract.ts';
import { hasEnded } from '../contract/ended-phases.ts';

type OffersQuery = QueryOf<'offers'>;
type Order = (left: Offer, right: Offer) => number;

/** Missing values come last. */
const ORDERS: Record<NonNullable<OffersQuery['sort']>, Order> = {
  price: (left, right) => compareOptional(left.unitPrice, right.unitPrice),
  amount: (left, right) => compareOptional(right.amount, left.amount),
  age: (left, right) => (right.issuedAt ?? 0) - (left.issuedAt ?? 0),
  validity: (left, right) => (left.expiresAt ?? Infinity) - (right.expiresAt ?? Infinity) || 0,
};

/** All matches, sorted. */
export function selectOffers(offers: readonly Offer[], query: OffersQuery): readonly Offer[] {
  const order = ORDERS[query.sort ?? 'age'];
  const named = query.ids === undefined ? null : new Set(query.ids);
  return offers
    .filter((offer) => (named === null ? matches(offer, query) : named.has(offer.offerId)))
    .sort((left, right) => order(left, right) || compareTexts(left.offerId, right.offerId));
}

function matches(offer: Offer, { mine, all, recent, inDoubt, pair, type, maker }: OffersQuery): boolean {
  return (
    (mine === undefined || (offer.role === 'maker') === mine) &&
    (all === true || recent === true || offer.inDoubt || !hasEnded(offer)) &&
    (inDoubt === undefined || offer.inDoubt === inDoubt) &&
    (pair === undefined || offer.pair === pair) &&
    (type === undefined || offer.type === type) &&
    (maker === undefined || offer.maker.startsWith(maker))
  );
}
