/** Which of two prices is better depends on the side: a maker that sells wants more, one that buys wants to pay less. */
import { compareDecimals } from './comparison.ts';
import type { Decimal } from './ids.ts';
import type { OfferTerms } from './messages.ts';

type PricedTerms = Pick<OfferTerms, 'type' | 'unitPrice'>;

/** How much better `a` is than `b` to the maker: positive, 0 or negative. No price at all is worse than any. */
export function compareForMaker({ type }: PricedTerms, a: Decimal | null, b: Decimal | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return type === 'sell' ? compareDecimals(a, b) : compareDecimals(b, a);
}

/** Whether the maker's own price allows a bid. */
export function isWithinLimit(terms: PricedTerms, bid: Decimal | undefined): boolean {
  return bid === undefined || terms.unitPrice === null || compareForMaker(terms, bid, terms.unitPrice) >= 0;
}
