/** Offers and rules to test with: what can be, and what lies just beside it. */
import fc from 'fast-check';
import type { Decimal, OfferId, PeerId } from '../../src/protocol/ids.ts';
import type { OfferTerms } from '../../src/protocol/messages.ts';
import type { JudgedOffer } from '../../src/rules/judge.ts';
import { EVERY_OFFER, type Limit, type Rule } from '../../src/rules/rule.ts';

export const ALICE = 'a'.repeat(64) as PeerId;
export const BOB = 'b'.repeat(64) as PeerId;
export const NOW = Date.UTC(2026, 2, 1, 12);

export function decimal(text: string): Decimal {
  return text as Decimal;
}

export function offer(change: Partial<JudgedOffer> = {}): JudgedOffer {
  return {
    maker: ALICE,
    type: 'sell',
    amount: decimal('1'),
    pair: 'BTC/USD',
    unitPrice: decimal('8000'),
    expiresAt: NOW + 60_000,
    verified: true,
    ...change,
  };
}

export function terms(offerId: string, change: Partial<OfferTerms> = {}): OfferTerms {
  const { maker, type, amount, pair, unitPrice, expiresAt } = offer();
  return { offerId: offerId as OfferId, maker, type, amount, pair, unitPrice, issuedAt: NOW, expiresAt, ...change };
}

const smallDecimal = fc.integer({ min: 0, max: 40 }).map((quarters) => decimal(String(quarters / 4)));
const makers = fc.uniqueArray(fc.constantFrom(ALICE, BOB), { minLength: 1 });
const namedPairs = fc.uniqueArray(fc.constantFrom('BTC/USD', 'ETH/USD', 'BTC/EUR'), { minLength: 1 });
const patterns = fc.uniqueArray(fc.constantFrom('BTC/USD', 'BTC/*', '*/USD', '*', 'job'), { minLength: 1 });

export const anyOffer: fc.Arbitrary<JudgedOffer> = fc.record({
  maker: fc.constantFrom(ALICE, BOB),
  type: fc.constantFrom('buy', 'sell'),
  amount: smallDecimal,
  pair: fc.constantFrom('BTC/USD', 'ETH/USD', 'BTC/EUR', 'job', null),
  unitPrice: fc.option(smallDecimal),
  expiresAt: fc.option(fc.integer({ min: -5_000, max: 60_000 }).map((left) => NOW + left)),
  verified: fc.boolean(),
});

/** One field has one limit at most, so that none contradicts another. */
const limits: fc.Arbitrary<readonly Limit[]> = fc.uniqueArray(
  fc.record({
    field: fc.constantFrom('amount', 'price', 'total', 'left'),
    operator: fc.constantFrom('<=', '>=', '<', '>', '='),
    value: fc.integer({ min: 1, max: 30 }).map((value) => decimal(String(value))),
  }),
  { selector: ({ field }) => field, maxLength: 4 },
);

const plainRule: fc.Arbitrary<Rule> = fc.record({
  deny: fc.boolean(),
  type: fc.constantFrom('buy', 'sell', null),
  pairs: fc.option(patterns),
  limits,
  makers: fc.option(makers),
  references: fc.oneof(fc.constant(null), fc.uniqueArray(fc.constantFrom('a/1', 'a/*', '*'), { minLength: 1 })),
  details: fc.array(
    fc.oneof(
      fc.record({
        field: fc.constantFrom('kind', 'size'),
        operator: fc.constant('=' as const),
        values: fc.uniqueArray(fc.constantFrom('render', '1', 'r*'), { minLength: 1 }),
      }),
      fc.record({
        field: fc.constantFrom('kind', 'size'),
        operator: fc.constantFrom('<=' as const, '>' as const),
        value: smallDecimal,
      }),
    ),
    { maxLength: 2 },
  ),
  notMakers: fc.oneof(fc.constant([]), makers),
  verified: fc.option(fc.boolean()),
  daily: fc.constant(null),
});

const limitedRule: fc.Arbitrary<Rule> = fc
  .record({
    pairs: namedPairs,
    amount: fc.option(smallDecimal),
    deals: fc.option(fc.integer({ min: 1, max: 5 })),
  })
  .map(({ pairs, amount, deals }) => ({
    ...EVERY_OFFER,
    pairs,
    daily: amount === null && deals === null ? null : { amount, deals },
  }));

export const anyRule: fc.Arbitrary<Rule> = fc.oneof({ weight: 3, arbitrary: plainRule }, limitedRule);
