/**
 * Whether an offer fits what a rule asks for, condition by condition, each with the reason in words. What an offer does not
 * say can't be judged: `met` is null then, and who reads the judgements decides which way is the safe one.
 */
import type { Decimal } from '../protocol/ids.ts';
import type { OfferTerms } from '../protocol/messages.ts';
import { compareDecimals, multiplyDecimals } from '../wire/decimal-arithmetic.ts';
import { durationToText } from '../wire/duration.ts';
import { limitToText, type Limit, type LimitField, type Operator, type Rule } from './rule.ts';

/** What a rule looks at in an offer. */
export interface JudgedOffer extends Pick<
  OfferTerms,
  'maker' | 'type' | 'amount' | 'pair' | 'unitPrice' | 'expiresAt'
> {
  /** Whether the maker's signature was there and right. */
  readonly verified: boolean;
}

export interface Judgement {
  readonly met: boolean | null;
  readonly reason: string;
}

/** @param now milliseconds since 1970 */
export function judge(rule: Rule, offer: JudgedOffer, now: number): readonly Judgement[] {
  return [
    ...judgeType(rule, offer),
    ...judgePair(rule, offer),
    ...rule.limits.map((limit) => judgeLimit(limit, offer, now)),
    ...judgeMaker(rule, offer),
    ...judgeVerified(rule, offer),
  ];
}

function judgeType({ type }: Rule, offer: JudgedOffer): readonly Judgement[] {
  if (type === null) return [];
  const met = offer.type === type;
  return [{ met, reason: met ? `the maker ${type}s` : `the maker ${offer.type}s, it does not ${type}` }];
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

function judgeLimit(limit: Limit, offer: JudgedOffer, now: number): Judgement {
  const { field, operator } = limit;
  const value = valueOf(field, offer, now);
  if (value === null) return { met: null, reason: MISSING[field] };
  const met = holds(compareDecimals(value, limit.value), operator);
  const shown = field === 'left' ? durationToText(Number(value)) : value;
  return { met, reason: `${field} ${shown} is ${met ? '' : 'not '}${limitToText(limit).slice(field.length)}` };
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

function holds(order: number, operator: Operator): boolean {
  switch (operator) {
    case '<=':
      return order <= 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0;
    case '>':
      return order > 0;
    case '=':
      return order === 0;
  }
}

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
