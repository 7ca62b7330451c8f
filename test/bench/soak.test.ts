/** The soak, for some deals instead of for minutes; and that it finds what grows. */
import { describe, expect, it } from 'vitest';
import { reportOf, runSoak, type SoakSample } from '../../bench/soak-run.ts';

describe('the soak', { timeout: 60_000 }, () => {
  it('deals, replaces each desk, and leaves no handle open', async () => {
    const desks = 3;
    const { deals, samples, handles } = await runSoak({ desks, dealsPerRound: 2, isOver: (rounds) => rounds >= 6 });
    expect([deals, samples]).toEqual([12, 6]);
    expect(handles.rise).toBeLessThan(30);
  });

  it('says what grows, and nothing of what only goes up and down', () => {
    const sample = (index: number, more: Partial<SoakSample> = {}): SoakSample => ({
      deals: index,
      heapBytes: 50e6 + (index % 3) * 1e6,
      handles: 100 + (index % 2),
      delayP99Ms: 20,
      ...more,
    });
    const numbers = Array.from({ length: 40 }, (_, index) => index);
    expect(reportOf(numbers.map((index) => sample(index))).growing).toEqual([]);
    const leaking = numbers.map((index) => sample(index, { heapBytes: 50e6 + index * 1e6, handles: 100 + 2 * index }));
    expect(reportOf(leaking).growing).toEqual(['heapMb', 'handles']);
  });
});
