/**
 * Rules as one line of text, for the command line and for explanations:
 *
 *   rule      = "all" | word { " " word }        "deny" in front turns it into a rule that forbids
 *   word      = "buy" | "sell" | "job" | "verified" | "unverified" | pair { "," pair } | condition
 *   condition = ( "amount" | "price" | "total" ) operator decimal
 *             | "left" operator time
 *             | "pair" "=" pair { "," pair }
 *             | "maker" ( "=" | "!=" ) desk { "," desk }
 *             | "reference" "=" name { "," name }
 *             | "details." field ( "=" value { "," value } | operator decimal )
 *             | "daily-amount" "<=" decimal | "daily-deals" "<=" number
 *   operator  = "<=" | ">=" | "<" | ">" | "="
 *
 * An invalid text is refused; the error names the word and what is allowed instead. docs/RULES.md documents the rules.
 */
import { RULES_LIMITS } from './limits.ts';
import { decimalFromText } from '../wire/decimal.ts';
import { deskIdFromText } from '../wire/names.ts';
import { didYouMean } from './nearest-word.ts';
import {
  assertMakesSense,
  detailToText,
  EVERY_OFFER,
  limitToText,
  LIMIT_FIELDS,
  OPERATORS,
  ruleError,
  type DetailCondition,
  type LimitField,
  type Operator,
  type Rule,
} from './rule.ts';
import {
  atPlace,
  dealsFromText,
  detailFieldFromText,
  detailValueFromText,
  leftFromText,
  pairPatternFromText,
  referencePatternFromText,
  shorten,
} from './rule-values.ts';

const CONDITION = /^([A-Za-z_-][A-Za-z0-9_.-]*)(<=|>=|!=|==|=|<|>)(.*)$/;
const AROUND_OPERATOR = /\s*(<=|>=|!=|==|=|<|>)\s*/g;
const PLAIN_WORDS = ['deny', 'all', 'buy', 'sell', 'job', 'verified', 'unverified'];
const DETAILS = 'details.';
const FIELDS = [...LIMIT_FIELDS, 'pair', 'maker', 'reference', 'details.NAME', 'daily-amount', 'daily-deals'];

/** @throws GrapevineError ERR_RULE */
export function ruleFromText(text: string): Rule {
  if (text.length > RULES_LIMITS.ruleTextMaxLength)
    throw ruleError(`a rule has ${RULES_LIMITS.ruleTextMaxLength} letters at most`);
  const words = text.trim().replaceAll(AROUND_OPERATOR, '$1').split(/\s+/);
  if (words[0] === '') throw ruleError(`an empty rule; "all" takes every offer; allowed are ${allowedWords()}`);
  const place = `in "${shorten(text.trim(), 80)}"`;
  const deny = words[0] === 'deny';
  const rest = deny ? words.slice(1) : words;
  if (rest.length === 0) throw ruleError(`${place}: "deny" what? "deny all" denies every offer`);
  return atPlace(place, () => {
    const rule = rest.length === 1 && rest[0] === 'all' ? EVERY_OFFER : fromWords(rest);
    const whole = { ...rule, deny };
    assertMakesSense(whole);
    return whole;
  });
}

/** The text that `ruleFromText` reads as this rule. */
export function ruleToText(rule: Rule): string {
  const { deny, type, pairs, limits, references, details, makers, notMakers, verified, daily } = rule;
  const words = [
    type,
    pairs === null ? null : pairsToText(pairs),
    ...limits.map(limitToText),
    references === null ? null : `reference=${references.join(',')}`,
    ...details.map(detailToText),
    makers === null ? null : `maker=${makers.join(',')}`,
    notMakers.length === 0 ? null : `maker!=${notMakers.join(',')}`,
    verified === null ? null : verified ? 'verified' : 'unverified',
    daily?.amount == null ? null : `daily-amount<=${daily.amount}`,
    daily?.deals == null ? null : `daily-deals<=${daily.deals}`,
  ].filter((word) => word !== null);
  return [...(deny ? ['deny'] : []), ...(words.length === 0 ? ['all'] : words)].join(' ');
}

function fromWords(words: readonly string[]): Rule {
  let rule = EVERY_OFFER;
  for (const word of words) rule = atPlace(`"${shorten(word, 40)}"`, () => withWord(rule, word));
  return rule;
}

function withWord(rule: Rule, word: string): Rule {
  switch (word) {
    case 'buy':
    case 'sell':
    case 'job':
      return { ...rule, type: once(rule.type, word) };
    case 'verified':
    case 'unverified':
      return { ...rule, verified: once(rule.verified, word === 'verified') };
    case 'deny':
      throw ruleError('stands in front of a rule');
    case 'all':
      throw ruleError('leaves no offer out, so that no other word may stand beside it');
    case 'none':
      throw ruleError('is not a rule: it stands alone, for no rules');
  }
  const [, field, operator, value] = CONDITION.exec(word) ?? [];
  if (field !== undefined && operator !== undefined && value !== undefined) {
    return withCondition(rule, field, operator, value);
  }
  if (word.includes('/') || word.includes('*')) return withPairs(rule, word);
  throw ruleError(`unknown word${didYouMean(word, [...PLAIN_WORDS, ...FIELDS])}; allowed are ${allowedWords()}`);
}

function withCondition(rule: Rule, field: string, operator: string, value: string): Rule {
  if (value === '') throw ruleError(`nothing behind ${operator}`);
  if (field.startsWith(DETAILS)) return withDetail(rule, field.slice(DETAILS.length), operator, value);
  switch (field) {
    case 'amount':
    case 'price':
    case 'total':
    case 'left':
      return withLimit(rule, field, operatorOf(operator, OPERATORS), value);
    case 'pair':
      operatorOf(operator, ['=']);
      return withPairs(rule, value);
    case 'reference':
      operatorOf(operator, ['=']);
      return { ...rule, references: once(rule.references, listOf(value).map(referencePatternFromText)) };
    case 'maker': {
      const makers = listOf(value).map(deskIdFromText);
      if (operatorOf(operator, ['=', '!=']) === '=') return { ...rule, makers: once(rule.makers, makers) };
      return { ...rule, notMakers: [...rule.notMakers, ...makers] };
    }
    case 'daily-amount':
      operatorOf(operator, ['<=']);
      return withDaily(rule, { amount: once(rule.daily?.amount ?? null, decimalFromText(value)) });
    case 'daily-deals':
      operatorOf(operator, ['<=']);
      return withDaily(rule, { deals: once(rule.daily?.deals ?? null, dealsFromText(value)) });
    default:
      throw ruleError(`nothing is called "${field}"${didYouMean(field, FIELDS)}; allowed are ${FIELDS.join(', ')}`);
  }
}

function withLimit(rule: Rule, field: LimitField, operator: Operator, text: string): Rule {
  const value = field === 'left' ? leftFromText(text) : decimalFromText(text);
  return { ...rule, limits: [...rule.limits, { field, operator, value }] };
}

function withDetail(rule: Rule, name: string, said: string, text: string): Rule {
  const field = detailFieldFromText(name);
  const operator = operatorOf(said, OPERATORS);
  const condition: DetailCondition =
    operator === '='
      ? { field, operator, values: listOf(text).map(detailValueFromText) }
      : { field, operator, value: decimalFromText(text) };
  return { ...rule, details: [...rule.details, condition] };
}

function withPairs(rule: Rule, text: string): Rule {
  return { ...rule, pairs: once(rule.pairs, listOf(text).map(pairPatternFromText)) };
}

function withDaily(rule: Rule, part: Partial<NonNullable<Rule['daily']>>): Rule {
  return { ...rule, daily: { amount: null, deals: null, ...rule.daily, ...part } };
}

function operatorOf<Allowed extends string>(operator: string, allowed: readonly Allowed[]): Allowed {
  const found = allowed.find((candidate) => candidate === operator);
  if (found === undefined) throw ruleError(`"${operator}" is not possible here; allowed are ${allowed.join(' ')}`);
  return found;
}

function once<Value>(before: Value | null, value: Value): Value {
  if (before !== null) throw ruleError('said twice; several pairs or makers are written with commas: BTC/USD,ETH/USD');
  return value;
}

function listOf(text: string): readonly string[] {
  const parts = text.split(',');
  if (parts.includes('')) throw ruleError('a list is written with single commas and without spaces: BTC/USD,ETH/USD');
  return parts;
}

function pairsToText(pairs: readonly string[]): string {
  const list = pairs.join(',');
  return pairs.some((pair) => pair.includes('/') || pair.includes('*')) ? list : `pair=${list}`;
}

function allowedWords(): string {
  return `buy, sell, job, pairs like BTC/USD or BTC/*, verified, unverified, and conditions like amount<=2 on ${FIELDS.join(', ')}`;
}
