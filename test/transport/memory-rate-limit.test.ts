import { describe, expect, it } from 'vitest';
import { memoryRateLimit } from '../../src/transport/fixed-window-counter.ts';

function takes(limit: ReturnType<typeof memoryRateLimit>, key: string, times: number): number {
  let taken = 0;
  for (let count = 0; count < times; count += 1) if (limit.take(key)) taken += 1;
  return taken;
}

describe('a rate limit in memory', () => {
  it('counts each key separately', () => {
    const limit = memoryRateLimit(5, 100);
    expect(takes(limit, 'a', 8)).toBe(5);
    expect(takes(limit, 'b', 3)).toBe(3);
    expect(limit.take('a')).toBe(false);
  });

  it('stores a limited number of keys and drops the oldest', () => {
    const limit = memoryRateLimit(1, 3);
    for (const key of ['a', 'b', 'c']) expect(takes(limit, key, 2)).toBe(1);
    expect(limit.take('d')).toBe(true);
    expect(limit.take('b')).toBe(false);
    // `a` was dropped for `d`; now it replaces `b`, the oldest that is left.
    expect(limit.take('a')).toBe(true);
    expect(limit.take('b')).toBe(true);
    expect(limit.take('d')).toBe(false);
  });
});
