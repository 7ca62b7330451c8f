import { vi } from 'vitest';
import { systemClock } from '../../src/host/system-clock.ts';
import { describeClockContract } from '../../src/testing/clock-contract.ts';
import { ManualClock } from '../../testing/manual-clock.ts';

describeClockContract('the manual clock', () => {
  const clock = new ManualClock();
  return { clock, advance: (byMs) => clock.advance(byMs), setWall: (byMs) => clock.jumpWall(byMs) };
});

describeClockContract('the clock of the machine', () => {
  vi.useFakeTimers();
  return {
    clock: systemClock,
    advance: async (byMs) => {
      await vi.advanceTimersByTimeAsync(byMs);
    },
    setWall: (byMs) => {
      vi.setSystemTime(Date.now() + byMs);
    },
    dispose: () => {
      vi.useRealTimers();
    },
  };
});
