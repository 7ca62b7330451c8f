import { describe, expect, it } from 'vitest';
import { assertScale, type PairScale } from '../../src/config/pair-scale.ts';
import { decimalFromText } from '../../src/wire/decimal.ts';

const scales = new Map<string, PairScale>([
  ['BTC/USD', { amountScale: 8, priceScale: 2 }],
  ['JOB/USD', { amountScale: 0, priceScale: null }],
]);

function check(pair: string, amount: string, price: string | null): void {
  const unitPrice = price === null ? null : decimalFromText(price);
  assertScale(scales, { pair, amount: decimalFromText(amount), unitPrice });
}

describe('decimals of a pair', () => {
  it.each([
    ['BTC/USD', '0.12345678', '8000.25'],
    ['BTC/USD', '0.123456780', null],
    ['JOB/USD', '3', '0.000000001'],
    ['ETH/USD', '0.123456789012345678', '0.0000001'],
  ])('within the limit are accepted: %s %s at %s', (pair, amount, price) => {
    expect(() => {
      check(pair, amount, price);
    }).not.toThrow();
  });

  it.each([
    ['BTC/USD', '0.123456789', null, 'BTC/USD amounts have at most 8 decimals; "0.123456789" has 9'],
    ['BTC/USD', '1', '0.001', 'BTC/USD prices have at most 2 decimals; "0.001" has 3'],
    ['JOB/USD', '0.5', null, 'JOB/USD amounts have no decimals; "0.5" has 1'],
  ])('above the limit are refused: %s %s at %s', (pair, amount, price, message) => {
    expect(() => {
      check(pair, amount, price);
    }).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OFFER', message }));
  });
});
