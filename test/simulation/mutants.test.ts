/** Defects on purpose: a simulator that does not find them proves nothing. */
import { describe, expect, it } from 'vitest';
import { runCampaign } from '../../simulation/campaign.ts';
import { MUTANTS } from '../../simulation/mutants.ts';

/** The slowest takes about 2,200 deals, most take fewer than 100. */
const DEALS_MAX = 10_000;

describe('the simulator kills mutant', () => {
  it.each(MUTANTS)('$name: $defect', { timeout: 180_000 }, async ({ tampering }) => {
    const { failed } = await runCampaign({ deals: DEALS_MAX, seed: 1, worldsMax: DEALS_MAX, tampering });
    expect(failed?.violation?.message).toMatch(/^(S[1-4]|L1|persist, then speak|answers|fold|queue|journal|trust): /);
  });
});
