/** One seed is one run, event by event; without that a failure could not be looked at. */
import { describe, expect, it } from 'vitest';
import { runCampaign } from '../../simulation/campaign.ts';
import { TraceHash } from '../../simulation/trace.ts';
import { runWorld, type WorldInit } from '../../simulation/world.ts';
import { effort, IS_LONG } from '../effort.ts';

async function fingerprint(init: WorldInit): Promise<string> {
  const hash = new TraceHash();
  await runWorld({
    ...init,
    trace: (line) => {
      hash.add(line);
    },
  });
  expect(hash.lines).toBeGreaterThan(20);
  return hash.hex;
}

const WORLDS = effort({ short: 3, long: 10 });

describe('a simulated world', () => {
  it.each(IS_LONG ? [1, 2, 3, 4, 5, 1_000_003] : [1, 1_000_003])(
    'is the same at each run, for seed %i',
    async (seed) => {
      expect(await fingerprint({ seed })).toBe(await fingerprint({ seed }));
    },
  );

  it('is the same at each run when its desks exchange hellos and offers', async () => {
    expect(await fingerprint({ seed: 6, presence: true })).toBe(await fingerprint({ seed: 6, presence: true }));
  });

  it('is different for another seed', async () => {
    expect(await fingerprint({ seed: 1 })).not.toBe(await fingerprint({ seed: 2 }));
  });

  it('is the same while others run beside it', async () => {
    const alone = await fingerprint({ seed: 7 });
    const [beside] = await Promise.all([
      fingerprint({ seed: 7 }),
      ...Array.from({ length: WORLDS }, (_, index) => runWorld({ seed: 100 + index })),
    ]);
    expect(beside).toBe(alone);
  });

  it('is the same on real SQLite', { timeout: 60_000 }, async () => {
    // One is enough where both journals pass the same contract (test/contracts/journal): the disk takes most of the time.
    for (const seed of IS_LONG ? [3, 11] : [3])
      expect(await fingerprint({ seed, journal: 'sqlite' })).toBe(await fingerprint({ seed }));
  });

  it('does not depend on the number of worlds that ran before it', async () => {
    const deals = async (seed: number): Promise<number> =>
      (await runCampaign({ deals: 1e9, worldsMax: 1, seed })).total.deals;
    let sum = 0;
    for (let seed = 20; seed < 20 + WORLDS; seed += 1) sum += await deals(seed);
    expect((await runCampaign({ deals: 1e9, worldsMax: WORLDS, seed: 20 })).total.deals).toBe(sum);
  });
});
