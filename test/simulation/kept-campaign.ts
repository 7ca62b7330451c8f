import { expect } from 'vitest';
import { runCampaign, type CampaignInit, type CampaignResult } from '../../simulation/campaign.ts';

/** Fails with the seed and the promise that was broken. */
export async function keptCampaign(init: CampaignInit): Promise<CampaignResult> {
  const result = await runCampaign(init);
  const { failed } = result;
  if (failed !== null) throw new Error(`seed ${failed.seed}: ${failed.violation?.message ?? ''}`);
  expect(result.total.deals).toBeGreaterThanOrEqual(init.deals);
  return result;
}
