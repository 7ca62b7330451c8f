/** The order of decimals and of texts, for sorting. */
import type { Decimal } from './ids.ts';

/** Exact, for decimals in canonical form. Negative when `a` is less than `b`, 0 when they are equal, positive when it is more. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const [wholeA = '', fractionA = ''] = a.split('.');
  const [wholeB = '', fractionB = ''] = b.split('.');
  // No zeros in front: more digits is more.
  return wholeA.length - wholeB.length || compareTexts(wholeA, wholeB) || compareTexts(fractionA, fractionB);
}

/** The same for what an offer may not say: that is more than any. */
export function compareOptional(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return compareDecimals(a as Decimal, b as Decimal);
}

/** By code units, the same on every machine. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
