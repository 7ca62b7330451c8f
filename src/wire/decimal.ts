/**
 * Exact amounts and prices. Inside they are text in one canonical form, so that equal text is equal value and nothing is
 * ever a float. On the wire a JSON number where it survives the round trip exactly, else text; both are read.
 */
import Big from 'big.js';
import { GrapevineError } from '../protocol/errors.ts';
import type { Decimal } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';

const PLAIN = /^(?:0|[1-9]\d*)(?:\.\d+)?$/;
/** Longest text that is looked at: the digits, a point, and zeros that carry no value. */
const TEXT_MAX_LENGTH = 2 * LIMITS.decimalMaxDigits;

/**
 * Reads what a person types or a peer sends as text: digits, at most one point with digits on both sides, no sign, no
 * exponent, no grouping. Zeros at the end of a fraction carry no value and are dropped: `1.50` is `1.5`.
 * @throws GrapevineError ERR_INVALID_OFFER that says what is allowed
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
 * Reads a JSON number. Whether its text survived the reading is checked where the text still is (`parseJson`).
 * @throws GrapevineError ERR_INVALID_OFFER
 */
export function decimalFromNumber(value: number): Decimal {
  if (!Number.isFinite(value) || value < 0 || Object.is(value, -0)) throw invalid(String(value), 'is not allowed');
  return decimalFromText(new Big(value).toFixed());
}

/** A number for those who compare with numbers, as clients of the original do, if that is exact; else text. */
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
