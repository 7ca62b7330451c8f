/**
 * Exact amounts and prices. In the program a decimal is text in canonical form: equal text is equal value, and no value
 * is a float. On the wire it is a JSON number if that is exact, else text; both are accepted.
 */
import Big from 'big.js';
import { GrapevineError } from '../protocol/errors.ts';
import type { Decimal } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';

const PLAIN = /^(?:0|[1-9]\d*)(?:\.\d+)?$/;
/** The longest text that is parsed: digits, a point, and trailing zeros. */
const TEXT_MAX_LENGTH = 2 * LIMITS.decimalMaxDigits;

/**
 * Parses digits with at most one point that has digits on both sides; no sign, exponent or grouping. Trailing zeros of
 * a fraction are removed: `1.50` becomes `1.5`.
 * @throws GrapevineError ERR_INVALID_OFFER
 */
export function decimalFromText(text: string): Decimal {
  if (text.length > TEXT_MAX_LENGTH) throw invalid(`${text.slice(0, 16)}…`, 'is too long');
  if (!PLAIN.test(text)) throw invalid(text, 'is not a plain decimal');
  const canonical = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  const digits = canonical.replace('.', '').replace(/^0+(?=\d)/, '').length;
  if (digits > LIMITS.decimalMaxDigits) throw invalid(text, 'has too many digits');
  return canonical as Decimal;
}

/**
 * Converts a JSON number. `parseJson` has checked that the number is the exact value of its text.
 * @throws GrapevineError ERR_INVALID_OFFER
 */
export function decimalFromNumber(value: number): Decimal {
  if (!Number.isFinite(value) || value < 0 || Object.is(value, -0)) throw invalid(String(value), 'is not allowed');
  return decimalFromText(new Big(value).toFixed());
}

/** A number if that is exact, because clients of the original compare with numbers; else text. */
export function decimalToWire(decimal: Decimal): number | string {
  const number = Number(decimal);
  return Number.isFinite(number) && new Big(number).toFixed() === decimal ? number : decimal;
}

export function isZero(decimal: Decimal): boolean {
  return decimal === '0';
}

function invalid(text: string, problem: string): GrapevineError {
  const allowed = `digits with at most one point, like 1 or 0.25, ${LIMITS.decimalMaxDigits} digits at most`;
  return new GrapevineError('ERR_INVALID_OFFER', `"${text}" ${problem}; allowed are ${allowed}`);
}
