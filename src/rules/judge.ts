/**
 * Checks an offer against each condition of a rule, with the reason in words. If the offer lacks what a condition asks for, `met` is
 * null, and the caller decides which way is safe.
 */
import type { Decimal } from '../protocol/ids.ts';
import type { OfferTerms } from '../protocol/messages.ts';
import { compareDecimals } from '../protocol/comparison.ts';
import { multiplyDecimals } from '../wire/decimal-arithmetic.ts';
import { durationToText } from '../wire/duration.ts';
import { decimalFromNumber, decimalFromText } from '../wire/decimal.ts';
import { RULES_LIMITS } from './limits.ts';
import {
  detailBoundToText,
  limitBoundToText,
  type DetailCondition,
  type Limit,
  type LimitField,
  type Operator,
  type Rule,
} from './rule.ts';

/** What a rule checks in an offer. */
export interface JudgedOffer extends Pick<
  OfferTerms,
  'maker' | 'type' | 'amount' | 'pair' | 'unitPrice' | 'expiresAt' | 'reference' | 'details'
> {
  /** Whether it had a valid signature of its maker. */
  readonly verified: boolean;
}

interface Judgement {
  readonly met: boolean | null;
  readonly reason: string;
}

/** @param now milliseconds since 1970 */
export function judge(rule: Rule, offer: JudgedOffer, now: number): readonly Judgement[] {
  return [
    ...judgeType(rule, offer),
    ...judgePair(rule, offer),
    ...rule.limits.map((limit) => judgeLimit(limit, offer, now)),
    ...judgeReference(rule, offer),
    ...judgeDetails(rule, offer),
    ...judgeMaker(rule, offer),
    ...judgeVerified(rule, offer),
  ];
}

function judgeType({ type }: Rule, offer: JudgedOffer): readonly Judgement[] {
  if (type === null) return [];
  const met = offer.type === type;
  const does = `the maker ${offer.type === 'job' ? 'offers a job' : `${offer.type}s`}`;
  return [{ met, reason: met ? does : `${does}, it does not ${type === 'job' ? 'offer a job' : type}` }];
}

function judgePair({ pairs }: Rule, { pair }: JudgedOffer): readonly Judgement[] {
  if (pairs === null) return [];
  if (pair === null) return [{ met: null, reason: 'the offer names no pair' }];
  const met = pairs.some((pattern) => fits(pattern, pair));
  return [{ met, reason: met ? `pair ${pair}` : `pair ${pair} is not ${pairs.join(' or ')}` }];
}

function fits(pattern: string, pair: string): boolean {
  const star = pattern.indexOf('*');
  if (star === -1) return pair === pattern;
  const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return pair.length >= start.length + end.length && pair.startsWith(start) && pair.endsWith(end);
}

function judgeReference({ references }: Rule, { reference }: JudgedOffer): readonly Judgement[] {
  if (references === null) return [];
  if (reference === undefined) return [{ met: null, reason: 'the offer has no reference' }];
  const met = references.some((pattern) => fits(pattern, reference));
  return [{ met, reason: `reference ${reference}${met ? '' : ` is not ${references.join(' or ')}`}` }];
}

function judgeDetails(rule: Rule, { details }: JudgedOffer): readonly Judgement[] {
  if (rule.details.length === 0) return [];
  const fields = fieldsOf(details);
  return rule.details.map((condition) => judgeDetail(condition, fields));
}

/** The fields of details that are a JSON object. Only the object's own fields: names that every object inherits do not count. */
function fieldsOf(details: JudgedOffer['details']): ReadonlyMap<string, unknown> {
  const value: unknown = details?.format === 'json' ? JSON.parse(details.text) : null;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map();
  return new Map(Object.entries(value));
}

function judgeDetail(condition: DetailCondition, fields: ReadonlyMap<string, unknown>): Judgement {
  const { field, operator } = condition;
  const value = fields.get(field);
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    return { met: null, reason: `the details have no ${field} that can be compared` };
  }
  const met = operator === '=' ? condition.values.some((word) => isEqual(value, word)) : isWithin(value, condition);
  if (met === null) return { met, reason: `the details have no ${field} that is a number` };
  const shown = String(value).slice(0, RULES_LIMITS.ruleDetailMaxLength);
  return { met, reason: `details.${field} ${shown} is ${met ? '' : 'not '}${detailBoundToText(condition)}` };
}

/** By value for a number and a word that is a decimal: 100.5 is equal to `100.50`. */
function isEqual(value: string | number | boolean, word: string): boolean {
  if (fits(word, String(value))) return true;
  const [left, right] = typeof value === 'number' ? [plainDecimal(value), plainDecimal(word)] : [null, null];
  return left !== null && left === right;
}

/** Exact. Null if the value is not a number, or not a plain decimal: a maker could avoid a rule that denies with quotes. */
function isWithin(
  value: string | number | boolean,
  { operator, value: bound }: Extract<DetailCondition, { value: Decimal }>,
): boolean | null {
  if (typeof value !== 'number') return null;
  if (value < 0) return operator === '<' || operator === '<=';
  const decimal = plainDecimal(value);
  return decimal === null ? null : HOLDS[operator](compareDecimals(decimal, bound));
}

function plainDecimal(value: number | string): Decimal | null {
  try {
    return typeof value === 'number' ? decimalFromNumber(value) : decimalFromText(value);
  } catch {
    return null;
  }
}

function judgeLimit(limit: Limit, offer: JudgedOffer, now: number): Judgement {
  const { field, operator } = limit;
  const value = valueOf(field, offer, now);
  if (value === null) return { met: null, reason: MISSING[field] };
  const met = HOLDS[operator](compareDecimals(value, limit.value));
  const shown = field === 'left' ? durationToText(Number(value)) : value;
  return { met, reason: `${field} ${shown} is ${met ? '' : 'not '}${limitBoundToText(limit)}` };
}

const MISSING: Readonly<Record<LimitField, string>> = {
  amount: 'the offer names no amount',
  price: 'the offer names no price',
  total: 'the offer names no price',
  left: 'the offer does not say how long it is valid',
};

function valueOf(field: LimitField, { amount, unitPrice, expiresAt }: JudgedOffer, now: number): Decimal | null {
  switch (field) {
    case 'amount':
      return amount;
    case 'price':
      return unitPrice;
    case 'total':
      return unitPrice === null ? null : multiplyDecimals(amount, unitPrice);
    case 'left':
      return expiresAt === null ? null : (String(Math.max(0, Math.trunc(expiresAt - now))) as Decimal);
  }
}

/** Whether the result of a comparison, as a sort function returns it, satisfies the operator. */
const HOLDS: Readonly<Record<Operator, (order: number) => boolean>> = {
  '<=': (order) => order <= 0,
  '>=': (order) => order >= 0,
  '<': (order) => order < 0,
  '>': (order) => order > 0,
  '=': (order) => order === 0,
};

function judgeMaker({ makers, notMakers }: Rule, { maker }: JudgedOffer): readonly Judgement[] {
  const short = maker.slice(0, 8);
  const judgements: Judgement[] = [];
  if (makers !== null) {
    const met = makers.includes(maker);
    judgements.push({ met, reason: `maker ${short} is ${met ? '' : 'not '}among those named` });
  }
  if (notMakers.length > 0) {
    const met = !notMakers.includes(maker);
    judgements.push({ met, reason: `maker ${short} is ${met ? 'not ' : ''}among those left out` });
  }
  return judgements;
}

function judgeVerified(rule: Rule, { verified }: JudgedOffer): readonly Judgement[] {
  if (rule.verified === null) return [];
  return [{ met: rule.verified === verified, reason: `the maker is ${verified ? '' : 'not '}verified` }];
}
