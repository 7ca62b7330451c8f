/**
 * Exact arithmetic on amounts and prices, without rounding. A result may have more digits than a message allows
 * (`LIMITS.decimalMaxDigits`): use it only to compare and show.
 */
import Big from 'big.js';
import type { Decimal } from '../protocol/ids.ts';

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  return new Big(a).plus(new Big(b)).toFixed() as Decimal;
}

/** @param b at most `a`: there are no negative decimals */
export function subtractDecimals(a: Decimal, b: Decimal): Decimal {
  return new Big(a).minus(new Big(b)).toFixed() as Decimal;
}

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  return new Big(a).times(new Big(b)).toFixed() as Decimal;
}

/** Digits after the point. */
export function scaleOf(decimal: Decimal): number {
  const point = decimal.indexOf('.');
  return point === -1 ? 0 : decimal.length - point - 1;
}
