/**
 * A run: trades under kills and faults until enough deals are decided, ends the faults, waits until no desk has work left, stops
 * everything, and judges the journals. Each stage has a time limit.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { boundsOf, type ChaosOptions } from './chaos-options.ts';
import type { ChaosWorld } from './chaos-world.ts';
import { countUnfinished, readDeskJournal, type DeskJournal } from './desk-journal.ts';
import type { FaultKind } from './fate.ts';
import { KillSchedule, type KillCounts } from './kill-schedule.ts';
import { Market } from './market.ts';
import { killsOf, offersOf } from './plan.ts';
import { storyOf } from './story.ts';
import { checkTold } from './told-checker.ts';
import { judge, readSides, type Sides, type Violation } from './verdict.ts';

export interface ChaosResult {
  /** The numbers of decided offers, by outcome. */
  readonly outcomes: Readonly<Record<'awarded' | 'cancelled' | 'expired', number>>;
  readonly deals: number;
  readonly kills: KillCounts;
  readonly faults: Readonly<Record<FaultKind, number>>;
  /** The time until enough deals were decided, and from then until no desk had work left. */
  readonly tradeMs: number;
  readonly settleMs: number;
  readonly violations: readonly Violation[];
  /** The names of the desks, by id. */
  readonly names: ReadonlyMap<string, string>;
  /** The stories of the first offers with violations. */
  readonly stories: readonly { readonly offer: string; readonly lines: readonly string[] }[];
}

const POLL_MS = 100;
/** No desk has work left if this number of polls in a row says so. A delayed message could start new work. */
const QUIET_POLLS = 10;
const DEALS_PER_KILL_MAX = 3;
const DEALS_PER_KILL_MIN = 1.5;
/** How far the deals may be ahead of the kills, and the kills ahead of the deals. */
const LEAD = 6;
const STORIES_MAX = 5;

export async function runChaos(
  world: ChaosWorld,
  options: ChaosOptions,
  say: (text: string) => void,
): Promise<ChaosResult> {
  const { startMs, tradeMs, settleMs } = boundsOf(options);
  const { chronicle, desks, tally } = world;
  const late: Violation[] = [];
  const within = async (what: string, ms: number, isDone: () => boolean): Promise<number> => {
    const startedAt = performance.now();
    while (!isDone() && chronicle.defects.length === 0) {
      if (performance.now() - startedAt > ms) {
        late.push({ promise: 'progress', offer: null, text: `${what}: not within ${ms} ms` });
        break;
      }
      await sleep(POLL_MS);
    }
    return performance.now() - startedAt;
  };

  const kills = new KillSchedule({
    desks,
    chronicle,
    nextKill: killsOf(options.seed, options.killEveryMs),
    allowance: () => LEAD + tally.decidedCount / DEALS_PER_KILL_MIN,
  });
  let market: Market | null = null;
  let traded: number;
  let settled: number;
  try {
    await world.start();
    // From the beginning: a desk may be killed while it makes its folder.
    if (options.killEveryMs > 0) kills.start();
    await within('every desk has been up', startMs, () => desks.every(({ id }) => id !== null));
    say(`${desks.length} desks have been up; trading`);
    market = marketOf(world, options, kills);
    market.start();
    traded = await within(`${options.deals} deals are decided`, tradeMs, () => tally.decidedCount >= options.deals);
    market.stop();
    say(`${tally.decidedCount} deals are decided, ${tally.openCount} open; healing`);
    world.heal();
    await kills.stop();
    await within('every desk is up again', startMs, () => desks.every(({ life }) => life === 'up'));
    let quiet = 0;
    settled = await within('nobody has anything left to do', settleMs, () => {
      quiet = unfinished(world) === 0 ? quiet + 1 : 0;
      return quiet >= QUIET_POLLS;
    });
    say('stopping, and reading the journals');
  } finally {
    market?.stop();
    await kills.stop();
    await world.stop();
  }
  // After a defect, the run ends early. Then unfinished offers are no violation.
  const isHealed = chronicle.defects.length === 0;
  return {
    ...verdictOf(world, isHealed, late),
    kills: kills.counts,
    faults: world.faults,
    tradeMs: traded,
    settleMs: settled,
  };
}

function marketOf(
  world: ChaosWorld,
  { seed, deals, makers, validMaxMs, openMax, killEveryMs }: ChaosOptions,
  kills: KillSchedule,
) {
  // In a short run, half of the deals wait for the first kill.
  const lead = Math.min(LEAD, Math.floor(deals / 2));
  return new Market({
    makers: world.makers,
    tally: world.tally,
    nextOffer: offersOf(seed, makers, validMaxMs),
    openMax,
    allowance: () => (killEveryMs === 0 ? Infinity : lead + kills.killCount * DEALS_PER_KILL_MAX),
  });
}

function unfinished({ desks }: ChaosWorld): number {
  return desks.reduce((sum, { journalFile }) => sum + countUnfinished(journalFile), 0);
}

function verdictOf(world: ChaosWorld, isHealed: boolean, late: readonly Violation[]) {
  const { chronicle } = world;
  const { journals, unreadable } = readJournals(world);
  const { offers, violations: senseless } = readSides(journals);
  const all = [...offers.values()];
  const violations = [
    ...chronicle.defects.map(({ desk, text }): Violation => ({
      promise: 'process',
      offer: null,
      text: `${desk} ${text}`,
    })),
    ...late,
    ...unreadable,
    ...senseless,
    ...all.flatMap((sides) => judge(sides, isHealed)),
    ...checkTold(journals, chronicle),
  ];
  const offending = new Set(violations.flatMap(({ offer }) => (offer === null ? [] : [offer])));
  const stories = [...offending]
    .slice(0, STORIES_MAX)
    .map((offer) => ({ offer, lines: storyOf(offer, journals, chronicle) }));
  const outcomes = {
    awarded: count(all, 'awarded'),
    cancelled: count(all, 'cancelled'),
    expired: count(all, 'expired'),
  };
  const names = new Map(journals.map(({ id, name }) => [id, name]));
  return { violations, stories, names, outcomes, deals: outcomes.awarded + outcomes.cancelled + outcomes.expired };
}

function readJournals({ desks }: ChaosWorld): { journals: DeskJournal[]; unreadable: Violation[] } {
  const journals: DeskJournal[] = [];
  const unreadable: Violation[] = [];
  for (const { name, role, id, journalFile: file } of desks) {
    try {
      journals.push(readDeskJournal({ name, role, id: id ?? 'never up', file }));
    } catch (error) {
      unreadable.push({ promise: 'journal', offer: null, text: `${name}: ${String(error)}` });
    }
  }
  return { journals, unreadable };
}

function count(all: readonly Sides[], phase: string): number {
  return all.filter(({ makers }) => makers.some(({ state }) => state.phase === phase)).length;
}
