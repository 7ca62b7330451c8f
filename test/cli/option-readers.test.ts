import { describe, expect, it } from 'vitest';
import { readAmount, readDecimal, readDuration, readPair } from '../../src/cli/option-readers.ts';

describe('money as typed', () => {
  it.each(['1,5', '1e3', '-0', '-1', '+1', '.5', '1.', ' 1', '1 ', '', '1_000', '0x1', '١'])(
    '"%s" is refused',
    (text) => {
      for (const read of [readAmount, readDecimal]) {
        expect(() => read(text)).toThrow(
          /is not a plain decimal; allowed are digits with at most one point, like 1 or 0\.25/,
        );
      }
    },
  );

  it('has a bound, and an amount is more than nothing', () => {
    expect(() => readAmount('9'.repeat(400))).toThrow(/is too long; allowed are .* 38 digits at most/);
    expect(() => readAmount('0.00')).toThrow(/more than 0/);
    expect(readDecimal('0.00')).toBe('0');
    expect(readAmount('12345678901234567890.123456789012345678')).toBe('12345678901234567890.123456789012345678');
  });
});

describe('other things as typed', () => {
  it('a pair', () => {
    expect(readPair('BTC/USD')).toBe('BTC/USD');
    expect(() => readPair('BTC USD')).toThrow(/"BTC USD" is no pair; allowed are letters/);
  });

  it('a time', () => {
    expect(readDuration('90s')).toBe(90_000);
    expect(() => readDuration('90')).toThrow(/allowed are times like 90s, 10m or 2h/);
  });
});
