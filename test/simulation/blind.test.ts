/** A checker that sees nothing finds nothing: a campaign must say so instead of ending well. */
import { describe, expect, it } from 'vitest';
import { runCampaign, unchecked } from '../../simulation/campaign.ts';
import { runCommandLine } from '../../simulation/command-line.ts';

const timeout = 60_000;

describe('a campaign with a blind checker', () => {
  it.each([
    'ledger',
    'decisions',
    'agreement',
    'speech',
    'memory',
    'recovery',
    'reports',
    'renewals',
    'trust',
    'liveness',
  ])('for %s names it', { timeout }, async (blind) => {
    // Without its ledger no deal is seen either, so that worlds are counted.
    const { total } = await runCampaign({ deals: Infinity, worldsMax: 2, seed: 1, blind });
    const names = new Set(unchecked(total).map((rule) => rule.split(':')[0]));
    expect([...names]).toContain(blind);
    expect(total.checks.size).toBeGreaterThan(20);
  });

  it('or with too few deals ends with exit code 1', { timeout }, async () => {
    const lines: string[] = [];
    const add = (line: string) => void lines.push(line);
    const code = await runCommandLine(['--deals', '1000', '--worlds', '1'], { result: add, note: add });
    expect(code).toBe(1);
    expect(lines.at(-1)).toMatch(/only \d+ of 1000 deals/);
  });
});
