/**
 * Decides whether a desk accepts an offer automatically, and why. A pure function of the rules, the offer, the time and today's
 * totals.
 *
 * Rules that deny come first: if one matches, the offer is refused. Then the others in their order: the first one that matches and
 * has room in its daily limit accepts the offer. Without a matching rule, nothing is accepted. If the offer lacks what a rule asks
 * for, the safe result counts: an accepting rule does not match, a denying rule does.
 */
import type { Decimal } from '../protocol/ids.ts';
import { compareDecimals } from '../protocol/comparison.ts';
import { addDecimals } from '../wire/decimal-arithmetic.ts';
import { judge, type JudgedOffer } from './judge.ts';
import type { DailyLimit, Rule } from './rule.ts';
import { ruleToText } from './rule-text.ts';

export interface Taken {
  readonly amount: Decimal;
  readonly deals: number;
}

export const NOTHING_TAKEN: Taken = { amount: '0' as Decimal, deals: 0 };

export interface DecisionContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What counts against a pair's daily limits on the UTC day of `now`. */
  readonly takenToday: (pair: string | null) => Taken;
}

type RuleOutcome = 'takes' | 'denies' | 'no-match' | 'limit-reached';

interface RuleVerdict {
  /** The rule as text. */
  readonly rule: string;
  readonly outcome: RuleOutcome;
  /** In words: the condition that did not match, or why the rule matched. */
  readonly reason: string;
}

export interface Decision {
  readonly take: boolean;
  /** The rules that were checked, in order. The last one decided, unless no rule matched. */
  readonly because: readonly RuleVerdict[];
}

export function decide(rules: readonly Rule[], offer: JudgedOffer, context: DecisionContext): Decision {
  const because: RuleVerdict[] = [];
  for (const rule of [...rules.filter(({ deny }) => deny), ...rules.filter(({ deny }) => !deny)]) {
    const verdict = rule.deny ? denial(rule, offer, context) : taking(rule, offer, context);
    because.push(verdict);
    if (verdict.outcome === 'denies' || verdict.outcome === 'takes')
      return { take: verdict.outcome === 'takes', because };
  }
  if (because.length > 0) return { take: false, because };
  return { take: false, because: [{ rule: 'none', outcome: 'no-match', reason: 'no rule takes anything' }] };
}

function denial(rule: Rule, offer: JudgedOffer, { now }: DecisionContext): RuleVerdict {
  const judgements = judge(rule, offer, now);
  const against = judgements.filter(({ met }) => met === false);
  return against.length > 0 ? verdict(rule, 'no-match', against) : verdict(rule, 'denies', judgements);
}

function taking(rule: Rule, offer: JudgedOffer, { now, takenToday }: DecisionContext): RuleVerdict {
  const judgements = judge(rule, offer, now);
  const against = judgements.filter(({ met }) => met !== true);
  if (against.length > 0) return verdict(rule, 'no-match', against);
  const reached = rule.daily === null ? null : limitReached(rule.daily, offer, takenToday(offer.pair));
  if (reached !== null) return { rule: ruleToText(rule), outcome: 'limit-reached', reason: reached };
  return verdict(rule, 'takes', judgements);
}

function verdict(rule: Rule, outcome: RuleOutcome, judgements: readonly { readonly reason: string }[]): RuleVerdict {
  const reason = judgements.map((judgement) => judgement.reason).join('; ');
  return { rule: ruleToText(rule), outcome, reason: reason === '' ? 'every offer fits' : reason };
}

function limitReached({ amount, deals }: DailyLimit, offer: JudgedOffer, taken: Taken): string | null {
  const pair = offer.pair ?? '';
  if (amount !== null && compareDecimals(addDecimals(taken.amount, offer.amount), amount) > 0) {
    return `${taken.amount} of ${pair} is taken today, and ${offer.amount} more would be over the daily ${amount}`;
  }
  if (deals !== null && taken.deals >= deals)
    return `${taken.deals} deals in ${pair} today, and the daily limit is ${deals}`;
  return null;
}
