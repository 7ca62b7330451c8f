import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDecimals, multiplyDecimals, scaleOf, subtractDecimals } from '../../src/wire/decimal-arithmetic.ts';
import { decimalFromText } from '../../src/wire/decimal.ts';

/** Up to 38 digits, and the same value in units of 10^-18. */
const decimals = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 20n - 1n }), fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }))
  .map(([whole, part]) => ({
    decimal: decimalFromText(`${whole}.${part.toString().padStart(18, '0')}`),
    units: whole * 10n ** 18n + part,
  }));

function textOf(units: bigint, scale: number): string {
  const digits = units.toString().padStart(scale + 1, '0');
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return text.replace(/\.?0+$/, '');
}

describe('arithmetic on decimals is exact to the last digit', () => {
  it('adds, subtracts and multiplies', () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        expect(addDecimals(a.decimal, b.decimal)).toBe(textOf(a.units + b.units, 18));
        expect(multiplyDecimals(a.decimal, b.decimal)).toBe(textOf(a.units * b.units, 36));
        expect(subtractDecimals(addDecimals(a.decimal, b.decimal), b.decimal)).toBe(a.decimal);
      }),
      { numRuns: 1_000, seed: 5 },
    );
  });

  it('is exact where a float is not', () => {
    expect(multiplyDecimals(decimalFromText('0.1'), decimalFromText('0.3'))).toBe('0.03');
    expect(multiplyDecimals(decimalFromText('12345678901234567890.5'), decimalFromText('98765432109876543210.5'))).toBe(
      '1219326311370217952293019356616819082450.25',
    );
  });

  it.each([
    ['1', 0],
    ['1.5', 1],
    ['0.000000000000000001', 18],
  ])('%s has %s decimals', (text, scale) => {
    expect(scaleOf(decimalFromText(text))).toBe(scale);
  });
});
