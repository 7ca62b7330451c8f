import { describe, expect, it } from 'vitest';
import { PointWindows } from '../../src/transport/point-windows.ts';

describe('PointWindows', () => {
  it('counts what a key spends within a window, which begins with the first point', () => {
    let now = 0;
    const windows = new PointWindows(1_000, () => now);
    expect(windows.spend('a', 3)).toBe(3);
    now = 999;
    expect(windows.spend('a', 2)).toBe(5);
    expect(windows.spend('b', 1)).toBe(1);
    now = 1_000;
    expect(windows.spend('a', 1)).toBe(1);
    now = 1_500;
    expect(windows.spend('b', 1)).toBe(2);
  });

  it('forgets a key that it is told to forget', () => {
    const windows = new PointWindows(1_000, () => 0);
    windows.spend('a', 3);
    windows.forget('a');
    expect(windows.spend('a', 1)).toBe(1);
  });

  it('keeps no more keys than come within a window', () => {
    let now = 0;
    const windows = new PointWindows(1_000, () => now);
    for (let key = 0; key < 10_000; key += 1) {
      now += 10;
      windows.spend(String(key), 1);
    }
    expect(windows.size).toBeLessThanOrEqual(101);
  });
});
