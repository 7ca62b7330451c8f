/** What the operators of a world want: which offers, at which price; drawn from who they are and what is offered. */
import type { OfferTerms } from '../src/protocol/messages.ts';
import { hash } from './dice.ts';

/** Of the desks that want an offer with a price, so many bid. */
const BIDDERS = 0.5;
/** The highest bid above the price of a seller, and under that of a buyer. */
const BID_STEPS = 5;
/** As many digits as a price may have: rounding it somewhere would show. */
const SMALLEST = '000000000000000001';

export function wants(desk: string, { offerId }: Pick<OfferTerms, 'offerId'>, eagerness: number): boolean {
  return hash(`${desk}${offerId}`) / 2 ** 32 < eagerness;
}

/** A price that is no worse for the maker than its own; null: this desk takes it as it is offered. */
export function bidFor(desk: string, { offerId, type, unitPrice }: OfferTerms): string | null {
  const drawn = hash(`bid of ${desk} for ${offerId}`);
  if (unitPrice === null || drawn / 2 ** 32 >= BIDDERS) return null;
  const [whole = '0'] = unitPrice.split('.');
  const steps = BigInt(drawn % BID_STEPS);
  const better = type === 'sell' ? BigInt(whole) + steps : BigInt(whole) - steps;
  return drawn % 3 === 0 && type === 'sell' ? `${better}.${SMALLEST}` : better.toString();
}
