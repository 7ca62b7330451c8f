import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/host/system-clock.ts';

const HOUR = 3_600_000;

describe("the machine's clocks", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('wait as long as they say on the monotonic clock, whatever the wall clock does', () => {
    for (const jumpMs of [-HOUR, HOUR]) {
      const wake = vi.fn();
      systemClock.wakeAtMonotonic(systemClock.monotonicNow() + 10_000, wake);
      vi.advanceTimersByTime(5_000);
      vi.setSystemTime(Date.now() + jumpMs);
      vi.advanceTimersByTime(4_999);
      expect(wake).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(wake).toHaveBeenCalledTimes(1);
    }
  });

  it('see within a minute that the wall clock was set forward', () => {
    const wake = vi.fn();
    systemClock.wakeAt(systemClock.now() + 2 * HOUR, wake);
    vi.setSystemTime(Date.now() + 3 * HOUR);
    vi.advanceTimersByTime(60_000);
    expect(wake).toHaveBeenCalledTimes(1);
  });

  it('wait for the wall clock that was set back', () => {
    const wake = vi.fn();
    const atMs = systemClock.now() + 30_000;
    systemClock.wakeAt(atMs, wake);
    vi.setSystemTime(Date.now() - HOUR);
    vi.advanceTimersByTime(HOUR);
    expect(wake).not.toHaveBeenCalled();
    vi.advanceTimersByTime(90_000);
    expect(wake).toHaveBeenCalledTimes(1);
    expect(systemClock.now()).toBeGreaterThanOrEqual(atMs);
  });

  it('leave no timer behind when they are cancelled, also after some parts of a long wait', () => {
    const alarm = systemClock.wakeAt(systemClock.now() + 400 * 24 * HOUR, () => undefined);
    vi.advanceTimersByTime(5 * 60_000);
    alarm.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });
});
