import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationFromText, durationToText } from '../../src/wire/duration.ts';

describe('a time', () => {
  it.each([
    ['250ms', 250],
    ['90s', 90_000],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['30d', 2_592_000_000],
  ])('%s has %s milliseconds', (text, durationMs) => {
    expect(durationFromText(text)).toBe(durationMs);
  });

  it.each(['', '10', '0s', '-1s', '1.5h', '1w', ' 1s', '1s ', '9999999999s'])('"%s" is none', (text) => {
    expect(() => durationFromText(text)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
  });

  it('as text is read as the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999 }), (durationMs) => {
        expect(durationFromText(durationToText(durationMs))).toBe(durationMs);
      }),
      { seed: 5 },
    );
    expect(durationToText(90_000)).toBe('90s');
    expect(durationToText(0)).toBe('0ms');
  });
});
