/** Reads the values in a rule, from text of the command line or from values of a config file or JSON. */
import { GrapevineError, type ErrorCode } from '../protocol/errors.ts';
import type { Decimal } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import { RULES_LIMITS } from './limits.ts';
import { durationFromText } from '../wire/duration.ts';
import { pairSchema, referenceSchema } from '../wire/fields.ts';
import { ruleError } from './rule.ts';

const DEALS_MAX = 1_000_000_000;

/** The name of a pair, with at most one `*`. */
export function pairPatternFromText(text: string): string {
  const sample = text.replace('*', 'x');
  if (text.length <= LIMITS.pairMaxLength && pairSchema.safeParse(sample).success) return text;
  throw ruleError(
    `"${text.slice(0, LIMITS.pairMaxLength + 1)}" is not a valid pair; allowed are names like BTC/USD, with one * for any text, like BTC/*`,
  );
}

/** A maker's own name for an offer, with at most one `*`. */
export function referencePatternFromText(text: string): string {
  const sample = text.replace('*', 'x');
  if (text.length <= LIMITS.referenceMaxLength && referenceSchema.safeParse(sample).success) return text;
  throw ruleError(
    `"${text.slice(0, 40)}" is not a valid reference; allowed are letters, digits and . _ : / @ + = -, with one * for any text`,
  );
}

/** The name of a top-level field of details. */
export function detailFieldFromText(text: string): string {
  if (new RegExp(`^[A-Za-z_][A-Za-z0-9_-]{0,${RULES_LIMITS.ruleDetailMaxLength - 1}}$`).test(text)) return text;
  throw ruleError(`"${text.slice(0, 40)}" is not the name of a field; allowed are letters, digits, _ and -`);
}

/** The value of a field of details, with at most one `*`. */
export function detailValueFromText(text: string): string {
  const isOne = text.indexOf('*') === text.lastIndexOf('*');
  if (isOne && text.length <= RULES_LIMITS.ruleDetailMaxLength && /^[^\s,]+$/.test(text)) return text;
  throw ruleError(
    `"${text.slice(0, 40)}" can't be asked for; allowed are ${RULES_LIMITS.ruleDetailMaxLength} characters without spaces and commas, with one * for any text`,
  );
}

/** `left` in milliseconds, as a decimal for comparisons. */
export function leftFromText(text: string): Decimal {
  return String(durationFromText(text)) as Decimal;
}

export function dealsFromText(text: string): number {
  const deals = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (deals >= 1 && deals <= DEALS_MAX) return deals;
  throw ruleError(`"${text.slice(0, 40)}" is not a number of deals; allowed are whole numbers from 1 to ${DEALS_MAX}`);
}

/**
 * The text of a value that may also be a whole number. A fraction is refused: it became a float when it was parsed, so the written
 * digits may be lost.
 */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) return String(value);
  if (typeof value !== 'number') throw ruleError('must be a text or a whole number');
  throw ruleError('must be written in quotes, like "0.25": as a number it could be rounded without a word');
}

/** Adds the place to the errors of `work`, and gives them this code. An error in a rule keeps its own. */
export function atPlace<Value>(place: string, work: () => Value, code: ErrorCode = 'ERR_RULE'): Value {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof GrapevineError)) throw error;
    const ownCode = error.code === 'ERR_RULE' ? error.code : code;
    throw new GrapevineError(ownCode, `${place}: ${error.message}`, { cause: error });
  }
}

export function shorten(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}…` : text;
}
