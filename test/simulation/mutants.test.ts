/** Defects on purpose: a simulator that does not find them proves nothing. */
import { describe, expect, it } from 'vitest';
import { runCampaign } from '../../simulation/campaign.ts';
import { MUTANTS } from '../../simulation/mutants.ts';
import { IS_LONG } from '../effort.ts';

/** The slowest takes about 2,100 deals, most take fewer than 100. */
const DEALS_MAX = 10_000;

/** Those that take more than some dozen deals, or an endless world, are left to `npm run test:long`. */
const SLOW: ReadonlySet<string> = new Set([
  'never-release',
  'honour-a-late-confirmation',
  'expire-in-doubt',
  'timeout-is-refusal',
  'believe-an-error-after-doubt',
  'forget-the-epoch',
  'forget-the-epoch-of-a-taker',
  'award-without-confirmation',
  'forget-doubt-at-restart',
  'believe-a-stale-status',
  'award-from-a-restored-copy',
  'trust-macs',
  'mac-for-signature',
  'verify-without-recipient',
  'believe-unsigned-answers',
  'reuse-epochs-after-restart',
  'expire-during-the-award',
  'deaf-to-release',
  'answer-approvals-anew',
  'never-ask',
  'best-is-first',
  'award-to-anybody',
  'lost-by-timeout',
  'confirm-any-epoch',
  'forget-guilt',
  'answer-before-recovery',
  'epochs-without-a-life',
  'wait-on-the-wall-clock',
  'renew-twice',
  'renew-an-awarded-offer',
]);

const tried = MUTANTS.filter(({ name }) => IS_LONG || !SLOW.has(name));

describe('the simulator kills mutant', () => {
  it.each(tried)('$name: $defect', { timeout: 180_000 }, async ({ tampering }) => {
    const { failed } = await runCampaign({ deals: DEALS_MAX, seed: 1, worldsMax: DEALS_MAX, tampering });
    expect(failed?.violation?.message).toMatch(
      /^(S[1-5]|L1|persist, then speak|answers|fold|queue|journal|trust|agreement|recovery|renewals): /,
    );
  });

  it('all mutants that take long are among the known ones', () => {
    const names = MUTANTS.map(({ name }) => name);
    expect([...SLOW].filter((name) => !names.includes(name))).toEqual([]);
  });
});
