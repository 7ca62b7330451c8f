/** The order of decimals and of texts, for sorting. */
import type { Decimal } from './ids.ts';

/** For decimals in canonical form. Negative if `a` is less than `b`, 0 if they are equal, positive if it is greater. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const [wholeA = '', fractionA = ''] = a.split('.');
  const [wholeB = '', fractionB = ''] = b.split('.');
  // Without leading zeros, more digits mean a greater number.
  return wholeA.length - wholeB.length || compareTexts(wholeA, wholeB) || compareTexts(fractionA, fractionB);
}

/** Compares decimals that may be null; null is the greatest. */
export function compareOptional(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return compareDecimals(a as Decimal, b as Decimal);
}

/** By code units, so that the order does not depend on the locale. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
