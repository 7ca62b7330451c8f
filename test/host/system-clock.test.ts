import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/host/system-clock.ts';

const HOUR = 3_600_000;

describe('the system clocks', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('do not change a monotonic wait when the wall clock is set', () => {
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

  it('notice within a minute that the wall clock was set forward', () => {
    const wake = vi.fn();
    systemClock.wakeAt(systemClock.now() + 2 * HOUR, wake);
    vi.setSystemTime(Date.now() + 3 * HOUR);
    vi.advanceTimersByTime(60_000);
    expect(wake).toHaveBeenCalledTimes(1);
  });

  it('wait for a wall clock that was set back', () => {
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

  it('leave no timer when an alarm is cancelled, also in the middle of a long wait', () => {
    const alarm = systemClock.wakeAt(systemClock.now() + 400 * 24 * HOUR, () => undefined);
    vi.advanceTimersByTime(5 * 60_000);
    alarm.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });
});
