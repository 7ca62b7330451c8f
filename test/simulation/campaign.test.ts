/**
 * The promises of docs/PROTOCOL.md on the real desk in worlds where everything goes wrong, from fixed seeds; some thousand deals with
 * `npm run test:long`. More by hand: `npm run simulate -- --deals 1000000 --seed 1`.
 */
import { describe, expect, it } from 'vitest';
import { unchecked } from '../../simulation/campaign.ts';
import { FAULT_KINDS, type FaultKind } from '../../simulation/fault-kinds.ts';
import { REGRESSIONS } from '../../simulation/regressions.ts';
import { runWorld } from '../../simulation/world.ts';
import { effort, IS_LONG } from '../effort.ts';
import { keptCampaign } from './kept-campaign.ts';

const TIMEOUT_MS = 900_000;
/** Few show at once that something is broken; what was found in many is below, each a world of its own. */
const DEALS = effort({ short: 40, long: 11_000 });
const EACH_FAULT_MIN = effort({ short: 0, long: 20 });
const DEALS_WITH_PRESENCE = effort({ short: 6, long: 150 });
const DEALS_ON_SQLITE = effort({ short: 4, long: 60 });

describe('every promise is kept', () => {
  it(`in ${DEALS} deals with every kind of fault`, { timeout: TIMEOUT_MS }, async () => {
    const { total } = await keptCampaign({ deals: DEALS, seed: 1 });
    // A campaign in which something never happens proves nothing about it.
    const missing = FAULT_KINDS.filter(
      (kind) => !ONLY_WITH_LIVENESS.has(kind) && total.faults.get(kind) < EACH_FAULT_MIN,
    );
    expect(missing).toEqual([]);
    // And a checker that compares nothing proves nothing either; in few deals not everything comes up.
    if (IS_LONG) expect(unchecked(total)).toEqual([]);
  });

  it(
    `in ${DEALS_WITH_PRESENCE} deals among desks that say hello and compare their books`,
    { timeout: TIMEOUT_MS },
    async () => {
      await keptCampaign({ deals: DEALS_WITH_PRESENCE, seed: 700_000, presence: true });
    },
  );

  it(`in ${DEALS_ON_SQLITE} deals on real SQLite whose process is killed`, { timeout: TIMEOUT_MS }, async () => {
    await keptCampaign({ deals: DEALS_ON_SQLITE, seed: 1, journal: 'sqlite' });
  });
});

const ONLY_WITH_LIVENESS: ReadonlySet<FaultKind> = new Set(['dead peer']);

describe('an earlier defect is not found again', () => {
  it.each(REGRESSIONS)('$seed: $found', async ({ seed, liveness }) => {
    const { violation } = await runWorld({ seed, liveness });
    expect(violation).toBeNull();
  });
});
