/** Decimals are compared as what they are, never as numbers: held against big.js. */
import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDecimals } from '../../src/protocol/comparison.ts';
import type { Decimal } from '../../src/protocol/ids.ts';
import { anyDecimal } from './any-decimal.ts';

describe('decimal numbers', () => {
  it('are compared exactly', () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, (a, b) => {
        expect(Math.sign(compareDecimals(a, b))).toBe(new Big(a).cmp(new Big(b)));
        expect(compareDecimals(a, a)).toBe(0);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ['9', '10'],
    ['0.9', '1'],
    ['1', '1.000000000000000001'],
    ['1.09', '1.1'],
    ['99999999999999999999', '100000000000000000000'],
    ['0.10000000000000000001', '0.10000000000000000002'],
  ])('%s is less than %s', (less, more) => {
    expect(compareDecimals(less as Decimal, more as Decimal)).toBeLessThan(0);
    expect(compareDecimals(more as Decimal, less as Decimal)).toBeGreaterThan(0);
  });
});
