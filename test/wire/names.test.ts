import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { deskIdFromText, pairFromText } from '../../src/wire/names.ts';

describe('names as typed', () => {
  it.each(['BTC/USD', 'tBTCUSD', 'job:render', 'x'.repeat(LIMITS.pairMaxLength)])('%s is a pair', (text) => {
    expect(pairFromText(text)).toBe(text);
  });

  it.each(['', '/USD', 'BTC USD', 'BTC/*', 'é', 'x'.repeat(LIMITS.pairMaxLength + 1)])('"%s" is none', (text) => {
    expect(() => pairFromText(text)).toThrow(/is not a valid pair; allowed are letters, digits/);
  });

  it.each(['a'.repeat(64), 'a1b2c3d4e5f60718'])('%s is a desk', (text) => {
    expect(deskIdFromText(text)).toBe(text);
  });

  it.each(['', 'a1b2c3d4', 'A'.repeat(64), 'a'.repeat(63), 'g'.repeat(64), 'a'.repeat(400)])('"%s" is none', (text) => {
    expect(() => deskIdFromText(text)).toThrow(/is not a desk's id; allowed are 64 lower-case hex digits/);
  });
});
