import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertScale, totalOf, type PairScale } from '../../src/config/pair-scale.ts';
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
  ])('%s %s at %s has no more than it may', (pair, amount, price) => {
    expect(() => {
      check(pair, amount, price);
    }).not.toThrow();
  });

  it.each([
    ['BTC/USD', '0.123456789', null, 'BTC/USD amounts have at most 8 decimals; "0.123456789" has 9'],
    ['BTC/USD', '1', '0.001', 'BTC/USD prices have at most 2 decimals; "0.001" has 3'],
    ['JOB/USD', '0.5', null, 'JOB/USD amounts have no decimals; "0.5" has 1'],
  ])('%s %s at %s is refused', (pair, amount, price, message) => {
    expect(() => {
      check(pair, amount, price);
    }).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OFFER', message }));
  });
});

describe('a total', () => {
  it('is exact where a float is not', () => {
    expect(totalOf(decimalFromText('0.1'), decimalFromText('0.3'))).toBe('0.03');
    expect(totalOf(decimalFromText('12345678901234567890.5'), decimalFromText('98765432109876543210.5'))).toBe(
      '1219326311370217952293019356616819082450.25',
    );
  });

  it('has as many decimals as both together at most, and none is lost', () => {
    const text = fc.stringMatching(/^[1-9][0-9]{0,18}\.[0-9]{0,17}[1-9]$/);
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [amount, price] = [decimalFromText(a), decimalFromText(b)];
        const units = (decimal: string) => BigInt(decimal.replace('.', ''));
        const total = totalOf(amount, price);
        const scale = a.split('.')[1]?.length ?? 0;
        const otherScale = b.split('.')[1]?.length ?? 0;
        const [whole = '', part = ''] = total.split('.');
        expect(BigInt(whole + part.padEnd(scale + otherScale, '0'))).toBe(units(a) * units(b));
      }),
      { numRuns: 500, seed: 5 },
    );
  });
});
