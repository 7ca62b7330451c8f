/**
 * Runs worlds, seed by seed, until the given number of deals is made or a promise is broken. Several worlds run at the same time, which is
 * faster. They share nothing, and are counted in the order of their seeds, so the result is the same.
 */
import { FaultCounts } from './fault-kinds.ts';
import { runWorld, type WorldInit, type WorldResult } from './world.ts';

export interface CampaignInit extends Omit<WorldInit, 'seed'> {
  readonly deals: number;
  /** The seed of the first world; each next world has the next number. */
  readonly seed: number;
  /** The most worlds, for campaigns with too few deals. */
  readonly worldsMax?: number;
  /** Called after each world; true ends the campaign. */
  readonly isEnough?: (() => boolean) | undefined;
  readonly onWorld?: ((result: WorldResult, total: CampaignTotal) => void) | undefined;
}

export interface CampaignTotal {
  worlds: number;
  offers: number;
  deals: number;
  messages: number;
  events: number;
  simulatedMs: number;
  readonly faults: FaultCounts;
  /** The number of comparisons, by `checker: rule`. */
  readonly checks: Map<string, number>;
}

export interface CampaignResult {
  readonly total: CampaignTotal;
  readonly failed: WorldResult | null;
}

const SIDE_BY_SIDE = 8;

export async function runCampaign(init: CampaignInit): Promise<CampaignResult> {
  const { deals, seed, worldsMax = Infinity, isEnough = () => false, onWorld, ...world } = init;
  const faults = new FaultCounts();
  const total: CampaignTotal = {
    worlds: 0,
    offers: 0,
    deals: 0,
    messages: 0,
    events: 0,
    simulatedMs: 0,
    faults,
    checks: new Map(),
  };
  // With a trace, one world at a time.
  const isAlone = init.trace !== undefined;
  const running: Promise<WorldResult>[] = [];
  let failed: WorldResult | null = null;
  while (failed === null && total.deals < deals && total.worlds < worldsMax && !isEnough()) {
    // Few at first, as most defects are found at once.
    const width = isAlone ? 1 : Math.min(SIDE_BY_SIDE, 1 + total.worlds, worldsMax);
    while (running.length < width) running.push(runWorld({ ...world, seed: seed + total.worlds + running.length }));
    const result = await running.shift();
    if (result === undefined) break;
    count(total, result);
    onWorld?.(result, total);
    if (result.violation !== null) failed = result;
  }
  await Promise.all(running);
  return { total, failed };
}

/** Some transitions are rare; in so many deals, each comes up. */
const DEALS_FOR_ALL_TRANSITIONS = 10_000;

/** The rules that were never compared, so nothing is known about them. */
export function unchecked({ checks, deals }: CampaignTotal): readonly string[] {
  const isExpected = (rule: string): boolean => deals >= DEALS_FOR_ALL_TRANSITIONS || !rule.startsWith('transitions: ');
  return [...checks].filter(([rule, count]) => count === 0 && isExpected(rule)).map(([rule]) => rule);
}

function count(total: CampaignTotal, result: WorldResult): void {
  total.worlds += 1;
  total.offers += result.offers;
  total.deals += result.deals;
  total.messages += result.messages;
  total.events += result.events;
  total.simulatedMs += result.simulatedMs;
  total.faults.add(result.faults);
  for (const [rule, count] of result.checks) total.checks.set(rule, (total.checks.get(rule) ?? 0) + count);
}
