/** Prices as the maker sees them: held against big.js. */
import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decimal } from '../../src/protocol/ids.ts';
import { compareForMaker, isWithinLimit } from '../../src/protocol/price.ts';
import { anyDecimal } from './any-decimal.ts';

function decimal(text: string): Decimal {
  return text as Decimal;
}

describe('prices', () => {
  it('are better for a maker the more it gets and the less it pays', () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, (a, b) => {
        const order = new Big(a).cmp(new Big(b));
        expect(Math.sign(compareForMaker({ type: 'sell', unitPrice: null }, a, b))).toBe(order);
        expect(Math.sign(compareForMaker({ type: 'buy', unitPrice: null }, a, b))).toBe(order === 0 ? 0 : -order);
      }),
    );
  });

  it('are better than no price', () => {
    for (const type of ['buy', 'sell'] as const) {
      const terms = { type, unitPrice: null };
      expect(compareForMaker(terms, decimal('0'), null)).toBeGreaterThan(0);
      expect(compareForMaker(terms, null, decimal('999'))).toBeLessThan(0);
      expect(compareForMaker(terms, null, null)).toBe(0);
    }
  });

  it('are within the limit if they are not worse for the maker than its own price', () => {
    const selling = { type: 'sell', unitPrice: decimal('100') } as const;
    const buying = { type: 'buy', unitPrice: decimal('100') } as const;
    expect(['99.99', '100', '100.01'].map((bid) => isWithinLimit(selling, decimal(bid)))).toEqual([false, true, true]);
    expect(['99.99', '100', '100.01'].map((bid) => isWithinLimit(buying, decimal(bid)))).toEqual([true, true, false]);
    for (const terms of [selling, buying]) {
      expect(isWithinLimit(terms, undefined)).toBe(true);
      expect(isWithinLimit({ ...terms, unitPrice: null }, decimal('0.01'))).toBe(true);
    }
  });
});
