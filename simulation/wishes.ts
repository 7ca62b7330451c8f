/** Which offers the operators of a world want, and at which price; computed from the desk and the offer. */
import type { OfferTerms } from '../src/protocol/messages.ts';
import { hash } from './dice.ts';

/** The share of desks that bid for an offer with a price that they want. */
const BIDDERS = 0.5;
/** The number of steps that a bid can be above a seller's price, or below a buyer's price. */
const BID_STEPS = 5;
/** With the most digits that a price can have, so that any rounding is detected. */
const SMALLEST = '000000000000000001';

export function wants(desk: string, { offerId }: Pick<OfferTerms, 'offerId'>, eagerness: number): boolean {
  return hash(`${desk}${offerId}`) / 2 ** 32 < eagerness;
}

/** A price that is at least as good for the maker; null: this desk accepts the maker's price. */
export function bidFor(desk: string, { offerId, type, unitPrice }: OfferTerms): string | null {
  const drawn = hash(`bid of ${desk} for ${offerId}`);
  if (unitPrice === null || drawn / 2 ** 32 >= BIDDERS) return null;
  const [whole = '0'] = unitPrice.split('.');
  const steps = BigInt(drawn % BID_STEPS);
  const better = type === 'sell' ? BigInt(whole) + steps : BigInt(whole) - steps;
  return drawn % 3 === 0 && type === 'sell' ? `${better}.${SMALLEST}` : better.toString();
}
