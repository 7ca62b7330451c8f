import { describe, expect, it } from 'vitest';
import { memoryRateLimit } from '../../src/transport/point-windows.ts';

function takes(limit: ReturnType<typeof memoryRateLimit>, key: string, times: number): number {
  let taken = 0;
  for (let count = 0; count < times; count += 1) if (limit.take(key)) taken += 1;
  return taken;
}

describe('a rate', () => {
  it('is for each key by itself, and no more', () => {
    const limit = memoryRateLimit(5, 100);
    expect(takes(limit, 'a', 8)).toBe(5);
    expect(takes(limit, 'b', 3)).toBe(3);
    expect(limit.take('a')).toBe(false);
  });

  it('is remembered for a bounded number of keys, the oldest of which is forgotten', () => {
    const limit = memoryRateLimit(1, 3);
    for (const key of ['a', 'b', 'c']) expect(takes(limit, key, 2)).toBe(1);
    expect(limit.take('d')).toBe(true);
    expect(limit.take('b')).toBe(false);
    // This is what forgetting looks like: it takes the place of the oldest that is left.
    expect(limit.take('a')).toBe(true);
    expect(limit.take('b')).toBe(true);
    expect(limit.take('d')).toBe(false);
  });
});
