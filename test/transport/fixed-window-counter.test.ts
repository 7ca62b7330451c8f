import { describe, expect, it } from 'vitest';
import { FixedWindowCounter } from '../../src/transport/fixed-window-counter.ts';

describe('a fixed window counter', () => {
  it('counts the points of a key within a window, which begins with its first point', () => {
    let now = 0;
    const windows = new FixedWindowCounter(1_000, () => now);
    expect(windows.spend('a', 3)).toBe(3);
    now = 999;
    expect(windows.spend('a', 2)).toBe(5);
    expect(windows.spend('b', 1)).toBe(1);
    now = 1_000;
    expect(windows.spend('a', 1)).toBe(1);
    now = 1_500;
    expect(windows.spend('b', 1)).toBe(2);
  });

  it('starts again for a deleted key', () => {
    const windows = new FixedWindowCounter(1_000, () => 0);
    windows.spend('a', 3);
    windows.delete('a');
    expect(windows.spend('a', 1)).toBe(1);
  });

  it('stores only the keys of the current window', () => {
    let now = 0;
    const windows = new FixedWindowCounter(1_000, () => now);
    for (let key = 0; key < 10_000; key += 1) {
      now += 10;
      windows.spend(String(key), 1);
    }
    expect(windows.size).toBeLessThanOrEqual(101);
  });
});
