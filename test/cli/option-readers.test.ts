import { afterEach, describe, expect, it, vi } from 'vitest';
import { readAmount, readDecimal, readDuration, readPair, readTime } from '../../src/cli/option-readers.ts';

describe('an amount or a price on the command line', () => {
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

  it('has a limit, and an amount is more than zero', () => {
    expect(() => readAmount('9'.repeat(400))).toThrow(/is too long; allowed are .* 38 digits at most/);
    expect(() => readAmount('0.00')).toThrow(/more than 0/);
    expect(readDecimal('0.00')).toBe('0');
    expect(readAmount('12345678901234567890.123456789012345678')).toBe('12345678901234567890.123456789012345678');
  });
});

describe('another argument on the command line', () => {
  it('is a pair if it is two names with a slash', () => {
    expect(readPair('BTC/USD')).toBe('BTC/USD');
    expect(() => readPair('BTC USD')).toThrow(/"BTC USD" is not a valid pair; allowed are letters/);
  });

  it('is a duration if it is a number with its unit', () => {
    expect(readDuration('90s')).toBe(90_000);
    expect(() => readDuration('90')).toThrow(/allowed are times like 90s, 10m or 2h/);
  });
});

describe('a date on the command line', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const inBerlin = (text: string): string => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    return new Date(readTime(text, 10_000_000)).toISOString();
  };

  it('is read in the time zone of this machine, in which dates are also shown', () => {
    expect(inBerlin('2026-11-26')).toBe('2026-11-25T23:00:00.000Z');
    expect(inBerlin('2026-07-01')).toBe('2026-06-30T22:00:00.000Z');
    expect(inBerlin('2026-11-26T16:45')).toBe('2026-11-26T15:45:00.000Z');
    expect(inBerlin('2026-11-26 16:45:31')).toBe('2026-11-26T15:45:31.000Z');
    expect(inBerlin('2028-02-29')).toBe('2028-02-28T23:00:00.000Z');
  });

  it('is read with its offset if it has one', () => {
    expect(inBerlin('2026-11-26T16:45Z')).toBe('2026-11-26T16:45:00.000Z');
    expect(inBerlin('2026-11-26T16:45:00.5-05:00')).toBe('2026-11-26T21:45:00.500Z');
  });

  it('is refused if clocks skip it, and is the first of two if clocks repeat it', () => {
    expect(() => inBerlin('2026-03-29T02:30')).toThrow('There is no such time.');
    expect(inBerlin('2026-10-25T02:30')).toBe('2026-10-25T00:30:00.000Z');
    vi.stubEnv('TZ', 'America/Sao_Paulo');
    expect(new Date(readTime('2018-11-04')).toISOString()).toBe('2018-11-04T03:00:00.000Z');
  });

  it.each([
    '2026-02-30',
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-11-31T10:00',
    '2026-11-26T24:30',
    '2026-11-26T10:61',
    '2026-02-30T10:00Z',
    '2026-11-26T25:00Z',
  ])('is refused if it does not exist: %s', (text) => {
    expect(() => inBerlin(text)).toThrow('There is no such time.');
  });

  it('can be a duration before now', () => {
    expect(readTime('24h', 100_000_000)).toBe(13_600_000);
    expect(() => readTime('yesterday')).toThrow(/a time ago like 24h, or a date/);
  });
});
