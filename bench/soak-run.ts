/**
 * Detects leaks: desks deal without a pause and are replaced one after another, while memory, open handles and the delay of the event loop
 * must not grow. After each replacement and a garbage collection, a sample is taken. The trend is a line through the second half of the
 * samples. In a short run, a connection between desks looks like a leak. So all desks are stopped at the end: a handle that is open then,
 * and was not before, is a leak.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { createDesk, silentLog, startGrapes, type Desk } from '../src/index.ts';
import { collectGarbage } from '../testing/collect-garbage.ts';

export interface SoakPlan {
  readonly desks: number;
  readonly dealsPerRound: number;
  /** Called after each round, which replaces one desk. */
  readonly isOver: (rounds: number) => boolean;
  readonly onSample?: (sample: SoakSample) => void;
}

export interface SoakSample {
  readonly deals: number;
  readonly heapBytes: number;
  readonly handles: number;
  readonly delayP99Ms: number;
}

export interface SoakReport {
  readonly samples: number;
  readonly deals: number;
  readonly heapMb: Trend;
  readonly handles: Trend;
  readonly delayP99Ms: Trend;
  /** How many more handles are open after all desks have stopped than after the first desk has stopped. */
  readonly handlesLeft: number;
  /** The names of the figures that grow. */
  readonly growing: readonly string[];
}

/** The mean of the second half, and the rise of the fitted line over it. */
export interface Trend {
  readonly mean: number;
  readonly rise: number;
}

/** How long the connections of a stopped desk may take to close at both ends: normally, and on a busy machine. */
const CLOSE_MS = 500;
const CLOSE_MAX_MS = 15_000;
const POLL_MS = 20;
const DRAFT = { type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: '8000', validForMs: 600_000 } as const;
/** A rise that can be chance: this part of the mean, and at least `min`. */
const CHANCE = {
  heapMb: { part: 0.15, min: 4 },
  // One connection more or less has two ends.
  handles: { part: 0, min: 4 },
  delayP99Ms: { part: 0.15, min: 60 },
} as const;

export async function runSoak({ desks: count, dealsPerRound, isOver, onSample }: SoakPlan): Promise<SoakReport> {
  const folder = mkdtempSync(join(tmpdir(), 'grapevine-soak-'));
  const grapes = await startGrapes({ count: 2, host: '127.0.0.1', dhtPort: 0, apiPort: 0, log: silentLog });
  const desks: Desk[] = [];
  const samples: SoakSample[] = [];
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  let made = 0;
  const bringUp = async (): Promise<void> => {
    const dataDir = join(folder, `desk-${(made += 1).toString()}`);
    const desk = createDesk({ grapes: grapes.api, broadcastKey: 'soak', dataDir, interest: () => true });
    await desk.start();
    desks.push(desk);
  };
  const stopAll = (): Promise<unknown> => Promise.all(desks.splice(0).map((desk) => desk.stop()));
  try {
    // Some handles of the first desk stay open for all later ones.
    await bringUp();
    await stopAll();
    const handlesBefore = await fewestHandles(CLOSE_MS);
    while (desks.length < count) await bringUp();
    let deals = 0;
    for (let round = 0; !isOver(round); round += 1) {
      for (let deal = 0; deal < dealsPerRound; deal += 1, deals += 1) await dealOf(desks[deal % desks.length]);
      await desks.shift()?.stop();
      rmSync(join(folder, `desk-${(made - desks.length).toString()}`), { recursive: true, force: true });
      await bringUp();
      samples.push(await sampleOf(deals, delay.percentile(99) / 1e6));
      delay.reset();
      const latest = samples.at(-1);
      if (latest !== undefined) onSample?.(latest);
    }
    await stopAll();
    return reportOf(samples, (await fewestHandles(CLOSE_MAX_MS, handlesBefore)) - handlesBefore);
  } finally {
    delay.disable();
    await stopAll();
    await grapes.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes an offer, and waits until another desk has it. */
async function dealOf(maker: Desk | undefined): Promise<void> {
  if (maker === undefined) throw new Error('no desk to make an offer');
  let offerId = '';
  const awarded = maker.until((notice) => notice.event === 'deal.awarded' && notice.offerId === offerId);
  ({ offerId } = await maker.announce(DRAFT));
  await awarded;
}

async function sampleOf(deals: number, delayP99Ms: number): Promise<SoakSample> {
  await finalizeGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return { deals, heapBytes: heapUsed + external, handles: countHandles(), delayP99Ms };
}

async function finalizeGarbage(): Promise<void> {
  collectGarbage();
  // Collected objects are finalized, and close their files, in a later turn.
  await setImmediate();
}

/** The lowest count within this time, or the first that is low enough. */
async function fewestHandles(withinMs: number, lowEnough = 0): Promise<number> {
  const endMs = performance.now() + withinMs;
  let fewest = Infinity;
  do {
    await sleep(POLL_MS);
    await finalizeGarbage();
    fewest = Math.min(fewest, countHandles());
  } while (fewest > lowEnough && performance.now() < endMs);
  return fewest;
}

/** Without attempts to connect to stopped desks. They end when the grapes have forgotten these desks. */
function countHandles(): number {
  const attempts = process.getActiveResourcesInfo().filter((name) => name.endsWith('ConnectWrap'));
  return readdirSync('/proc/self/fd').length - attempts.length;
}

export function reportOf(samples: readonly SoakSample[], handlesLeft = 0): SoakReport {
  const settled = samples.slice(Math.floor(samples.length / 2));
  const trends = {
    heapMb: trendOf(settled.map(({ heapBytes }) => heapBytes / 1e6)),
    handles: trendOf(settled.map(({ handles }) => handles)),
    delayP99Ms: trendOf(settled.map(({ delayP99Ms }) => delayP99Ms)),
  };
  const growing: string[] = (['heapMb', 'handles', 'delayP99Ms'] as const).filter((name) => {
    const { mean, rise } = trends[name];
    return rise > Math.max(CHANCE[name].min, CHANCE[name].part * mean);
  });
  if (handlesLeft > 0) growing.push('handlesLeft');
  return { samples: samples.length, deals: samples.at(-1)?.deals ?? 0, ...trends, handlesLeft, growing };
}

/** By least squares. */
function trendOf(values: readonly number[]): Trend {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = (values.length - 1) / 2;
  let [above, below] = [0, 0];
  values.forEach((value, index) => {
    above += (index - middle) * (value - mean);
    below += (index - middle) ** 2;
  });
  const rise = below === 0 ? 0 : (above / below) * (values.length - 1);
  return { mean: Number(mean.toFixed(2)), rise: Number(rise.toFixed(2)) };
}
