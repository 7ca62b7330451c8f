/**
 * The promises of docs/PROTOCOL.md on the real desk in worlds where everything goes wrong: 20,000 deals of fixed seeds, together
 * with liveness.test.ts.
 * More by hand: `npm run simulate -- --deals 1000000 --seed 1`.
 */
import { describe, expect, it } from 'vitest';
import { FAULT_KINDS, type FaultKind } from '../../simulation/fault-kinds.ts';
import { REGRESSIONS } from '../../simulation/regressions.ts';
import { runWorld } from '../../simulation/world.ts';
import { keptCampaign } from './kept-campaign.ts';

const TIMEOUT_MS = 300_000;

describe('all promises are kept', () => {
  it('in 11,000 deals, by which every kind of fault was met', { timeout: TIMEOUT_MS }, async () => {
    const { total } = await keptCampaign({ deals: 11_000, seed: 1 });
    // A campaign in which something never happens proves nothing about it.
    const missing = FAULT_KINDS.filter((kind) => !ONLY_WITH_LIVENESS.has(kind) && total.faults.get(kind) < 20);
    expect(missing).toEqual([]);
  });

  it('in 150 deals among desks that say hello and compare their books', { timeout: TIMEOUT_MS }, async () => {
    await keptCampaign({ deals: 150, seed: 700_000, presence: true });
  });

  it('in 60 deals on real SQLite, whose process is killed', { timeout: TIMEOUT_MS }, async () => {
    await keptCampaign({ deals: 60, seed: 1, journal: 'sqlite' });
  });
});

const ONLY_WITH_LIVENESS: ReadonlySet<FaultKind> = new Set(['dead peer']);

describe('what was found once is not found again', () => {
  it.each(REGRESSIONS)('$seed: $found', async ({ seed, liveness }) => {
    const { violation } = await runWorld({ seed, liveness });
    expect(violation).toBeNull();
  });
});
