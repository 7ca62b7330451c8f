/** L1 on the real desk, in worlds in which some desks never come back. A file of its own, so that it has a core of its own. */
import { expect, it } from 'vitest';
import { effort } from '../effort.ts';
import { keptCampaign } from './kept-campaign.ts';

const TIMEOUT_MS = 900_000;
const DEALS = effort({ short: 40, long: 9_000 });

it(
  `all promises are kept in ${DEALS} deals among desks of which some never come back`,
  { timeout: TIMEOUT_MS },
  async () => {
    const { total } = await keptCampaign({ deals: DEALS, seed: 500_000, liveness: true });
    expect(total.faults.get('dead peer')).toBeGreaterThan(DEALS / 20);
  },
);
