/** Compares prices: a higher one is better for a maker that sells, a lower one for a maker that buys. */
import { compareDecimals } from './comparison.ts';
import type { Decimal } from './ids.ts';
import type { OfferTerms } from './messages.ts';

type PricedTerms = Pick<OfferTerms, 'type' | 'unitPrice'>;

/**
 * Positive if `a` is better than `b` for the maker, 0 if they are equal, negative if it is worse. Null is the worst.
 */
export function compareForMaker({ type }: PricedTerms, a: Decimal | null, b: Decimal | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return type === 'sell' ? compareDecimals(a, b) : compareDecimals(b, a);
}

/** Whether the maker's own price allows a bid. */
export function isWithinLimit(terms: PricedTerms, bid: Decimal | undefined): boolean {
  return bid === undefined || terms.unitPrice === null || compareForMaker(terms, bid, terms.unitPrice) >= 0;
}
