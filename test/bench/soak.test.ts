/** The soak, for some deals instead of for minutes; and that it finds what grows. */
import { describe, expect, it } from 'vitest';
import { reportOf, runSoak, type SoakSample } from '../../bench/soak-run.ts';

describe('the soak test', { timeout: 60_000 }, () => {
  it('makes deals, replaces each desk, and leaves no handle open', async () => {
    const { deals, samples, handlesLeft } = await runSoak({
      desks: 3,
      dealsPerRound: 2,
      isOver: (rounds) => rounds >= 8,
    });
    expect([deals, samples]).toEqual([16, 8]);
    // Fewer than before when something of an earlier test was closed meanwhile. A leak of each desk is 11 of them.
    expect(handlesLeft).toBeLessThanOrEqual(0);
  });

  it('refuses to run without desks', async () => {
    const plan = { desks: 0, dealsPerRound: 1, isOver: (rounds: number) => rounds >= 1 };
    await expect(runSoak(plan)).rejects.toThrow('no desk to make an offer');
  });

  it('reports what grows, and not what goes up and down', () => {
    const sample = (index: number, more: Partial<SoakSample> = {}): SoakSample => ({
      deals: index,
      heapBytes: 50e6 + (index % 3) * 1e6,
      handles: 100 + (index % 2),
      delayP99Ms: 20,
      ...more,
    });
    const numbers = Array.from({ length: 40 }, (_, index) => index);
    expect(reportOf(numbers.map((index) => sample(index))).growing).toEqual([]);
    const oneInFourRounds = numbers.map((index) =>
      sample(index, { handles: 100 + (index % 2) + Math.floor(index / 4) }),
    );
    expect(reportOf(oneInFourRounds).growing).toEqual(['handles']);
    const leaking = numbers.map((index) => sample(index, { heapBytes: 50e6 + index * 1e6, handles: 100 + 2 * index }));
    expect(reportOf(leaking).growing).toEqual(['heapMb', 'handles']);
    expect(reportOf([sample(0)], 1).growing).toEqual(['handlesLeft']);
  });
});
