/**
 * A rule about which offers a desk accepts automatically. It is data: a rule can't run code, and its check takes limited time. Like
 * an offer, a rule states the maker's side: a rule for `sell` is about makers that sell, so the taker buys.
 */
import { GrapevineError } from '../protocol/errors.ts';
import type { Decimal, PeerId } from '../protocol/ids.ts';
import { RULES_LIMITS } from './limits.ts';
import type { OfferType } from '../protocol/messages.ts';
import { compareDecimals } from '../protocol/comparison.ts';
import { durationToText } from '../wire/duration.ts';

/** `total` is amount times price; `left` is the remaining validity. */
export const LIMIT_FIELDS = ['amount', 'price', 'total', 'left'] as const;
export const OPERATORS = ['<=', '>=', '<', '>', '='] as const;

export type LimitField = (typeof LIMIT_FIELDS)[number];
export type Operator = (typeof OPERATORS)[number];

export interface Limit {
  readonly field: LimitField;
  readonly operator: Operator;
  /** For `left`: milliseconds. */
  readonly value: Decimal;
}

/** A condition on a top-level field of JSON details. */
export type DetailCondition =
  /** One of these texts, numbers or words (`true`); one `*` in each stands for any text. */
  | { readonly field: string; readonly operator: '='; readonly values: readonly string[] }
  /** A number. */
  | { readonly field: string; readonly operator: Exclude<Operator, '='>; readonly value: Decimal };

/** How much of a pair may be accepted in one UTC day, by any rule or by hand; null: unlimited. */
export interface DailyLimit {
  readonly amount: Decimal | null;
  readonly deals: number | null;
}

/** Null and empty: no condition. */
export interface Rule {
  /** True: an offer that matches is never accepted, whatever other rules say. */
  readonly deny: boolean;
  readonly type: OfferType | null;
  /** Names of pairs; one `*` in a name stands for any text. */
  readonly pairs: readonly string[] | null;
  readonly limits: readonly Limit[];
  /** The makers' own names for their offers; one `*` in a name stands for any text. */
  readonly references: readonly string[] | null;
  readonly details: readonly DetailCondition[];
  readonly makers: readonly PeerId[] | null;
  readonly notMakers: readonly PeerId[];
  /** Whether the maker's signature is required (true) or must be missing (false). */
  readonly verified: boolean | null;
  readonly daily: DailyLimit | null;
}

export const EVERY_OFFER: Rule = {
  deny: false,
  type: null,
  pairs: null,
  limits: [],
  references: null,
  details: [],
  makers: null,
  notMakers: [],
  verified: null,
  daily: null,
};

export function ruleError(text: string): GrapevineError {
  return new GrapevineError('ERR_RULE', text);
}

/** @throws GrapevineError ERR_RULE for a rule that nothing can match, or whose limit would have no effect */
export function assertMakesSense(rule: Rule): void {
  if ((rule.pairs?.length ?? 0) > RULES_LIMITS.rulePairsMax)
    throw ruleError(`a rule names ${RULES_LIMITS.rulePairsMax} pairs at most`);
  if ((rule.references?.length ?? 0) > RULES_LIMITS.rulePairsMax)
    throw ruleError(`a rule names ${RULES_LIMITS.rulePairsMax} references at most`);
  if (rule.details.length > RULES_LIMITS.ruleDetailsMax)
    throw ruleError(`a rule asks for ${RULES_LIMITS.ruleDetailsMax} fields of details at most`);
  for (const makers of [rule.makers ?? [], rule.notMakers]) {
    if (makers.length > RULES_LIMITS.ruleMakersMax)
      throw ruleError(`a rule names ${RULES_LIMITS.ruleMakersMax} makers at most`);
  }
  assertDailyLimitHolds(rule);
  for (const field of LIMIT_FIELDS) assertCanBeMet(rule.limits.filter((limit) => limit.field === field));
}

function assertDailyLimitHolds({ daily, deny, pairs }: Rule): void {
  if (daily === null) return;
  if (deny) throw ruleError('a daily limit belongs to a rule that takes offers, not to one that denies them');
  // Otherwise a maker could invent pairs, each with a new limit.
  if (pairs === null || pairs.some((pair) => pair.includes('*'))) {
    throw ruleError('a daily limit is one for each pair: name the pairs, without *');
  }
}

function assertCanBeMet(limits: readonly Limit[]): void {
  for (const lower of limits.filter(({ operator }) => operator !== '<=' && operator !== '<')) {
    for (const upper of limits.filter(({ operator }) => operator !== '>=' && operator !== '>')) {
      const order = compareDecimals(lower.value, upper.value);
      const touching = lower.operator !== '>' && upper.operator !== '<';
      if (order < 0 || (order === 0 && touching)) continue;
      throw ruleError(`no offer can have both ${limitToText(lower)} and ${limitToText(upper)}`);
    }
  }
}

export function detailToText(condition: DetailCondition): string {
  return `details.${condition.field}${detailBoundToText(condition)}`;
}

export function limitToText(limit: Limit): string {
  return `${limit.field}${limitBoundToText(limit)}`;
}

/** The operator and the values. */
export function detailBoundToText(condition: DetailCondition): string {
  return `${condition.operator}${condition.operator === '=' ? condition.values.join(',') : condition.value}`;
}

/** The operator and the value. */
export function limitBoundToText({ field, operator, value }: Limit): string {
  return `${operator}${field === 'left' ? durationToText(Number(value)) : value}`;
}
