/**
 * Prices in their one canonical form, compared without ever being numbers. Which of two is better depends on the side: a
 * maker that sells wants more, one that buys wants to pay less.
 */
import type { Decimal } from './ids.ts';
import type { OfferTerms } from './messages.ts';

type PricedTerms = Pick<OfferTerms, 'type' | 'unitPrice'>;

/** Negative when `a` is less than `b`, 0 when they are equal. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const [wholeA = '', fractionA = ''] = a.split('.');
  const [wholeB = '', fractionB = ''] = b.split('.');
  // No zeros in front: more digits is more.
  if (wholeA.length !== wholeB.length) return wholeA.length - wholeB.length;
  return compareTexts(`${wholeA}.${fractionA}`, `${wholeB}.${fractionB}`);
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** How much better `a` is than `b` to the maker: positive, 0 or negative. No price at all is worse than any. */
export function compareForMaker({ type }: PricedTerms, a: Decimal | null, b: Decimal | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return type === 'sell' ? compareDecimals(a, b) : compareDecimals(b, a);
}

/** Whether the maker's own price allows a bid. */
export function isWithinLimit(terms: PricedTerms, bid: Decimal | undefined): boolean {
  return bid === undefined || terms.unitPrice === null || compareForMaker(terms, bid, terms.unitPrice) >= 0;
}
