import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { decimalFromNumber, decimalFromText, decimalToWire } from '../../src/wire/decimal.ts';

describe('a decimal as text', () => {
  it.each([
    ['0', '0'],
    ['1', '1'],
    ['1.50', '1.5'],
    ['100', '100'],
    ['100.0', '100'],
    ['0.000', '0'],
    ['0.10000000000000000001', '0.10000000000000000001'],
    ['12345678901234567890.123456789012345678', '12345678901234567890.123456789012345678'],
  ])('%s is %s', (text, canonical) => {
    expect(decimalFromText(text)).toBe(canonical);
  });

  it.each([
    '',
    ' 1',
    '1 ',
    '+1',
    '-1',
    '-0',
    '1,5',
    '1e3',
    '1E3',
    '.5',
    '5.',
    '1.2.3',
    '007',
    '0x10',
    'NaN',
    'Infinity',
    '１',
    '1_000',
  ])('"%s" is refused, saying what is allowed', (text) => {
    expect(() => decimalFromText(text)).toThrow(/allowed are digits with at most one point/);
  });

  it('has a limited number of digits', () => {
    expect(decimalFromText('9'.repeat(LIMITS.decimalMaxDigits))).toHaveLength(LIMITS.decimalMaxDigits);
    expect(() => decimalFromText('9'.repeat(LIMITS.decimalMaxDigits + 1))).toThrow(/too many digits/);
    expect(() => decimalFromText('9'.repeat(400))).toThrow(/too long/);
    expect(() => decimalFromText(`0.${'0'.repeat(100_000)}1`)).toThrow(/too long/);
  });
});

describe('a decimal as a number', () => {
  it.each([NaN, Infinity, -Infinity, -1, -0])('%s is refused', (value) => {
    expect(() => decimalFromNumber(value)).toThrow(/is not allowed/);
  });

  it.each([
    [1e21, '1000000000000000000000'],
    [1e-7, '0.0000001'],
    [0.1, '0.1'],
  ])('%s is %s', (value, text) => {
    expect(decimalFromNumber(value)).toBe(text);
  });
});

describe('on the wire', () => {
  const digits = fc.stringMatching(/^(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?$/);

  it('a decimal is the same after encoding and parsing, as a number or as text', () => {
    fc.assert(
      fc.property(digits, (text) => {
        const decimal = decimalFromText(text);
        const wire = JSON.parse(JSON.stringify(decimalToWire(decimal))) as number | string;
        expect(typeof wire === 'number' ? decimalFromNumber(wire) : decimalFromText(wire)).toBe(decimal);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is a number if that is exact, because clients of the original compare with numbers', () => {
    expect(decimalToWire(decimalFromText('1'))).toBe(1);
    expect(decimalToWire(decimalFromText('0.1'))).toBe(0.1);
    expect(decimalToWire(decimalFromText('9007199254740993'))).toBe('9007199254740993');
    expect(decimalToWire(decimalFromText('0.10000000000000000001'))).toBe('0.10000000000000000001');
  });
});
