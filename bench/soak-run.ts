/**
 * Desks that deal without a pause while one after the other is replaced: whether memory, open handles and the delay of the event loop stay where
 * they are. After each replacement a sample is taken, once garbage was collected; a line is fitted through the second half of them.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { createDesk, silentLog, startGrapes, type Desk } from '../src/index.ts';
import { collectGarbage } from '../testing/collect-garbage.ts';

export interface SoakPlan {
  readonly desks: number;
  readonly dealsPerRound: number;
  /** Asked after each round, which replaces one desk. */
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
  /** What grows; empty when nothing does. */
  readonly growing: readonly string[];
}

/** Of the second half: its mean, and how much the fitted line rises over it. */
export interface Trend {
  readonly mean: number;
  readonly rise: number;
}

const DRAFT = { type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: '8000', validForMs: 600_000 } as const;
/** What may seem to rise by chance: a part of the mean, and at least so much. */
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
  try {
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
    return reportOf(samples);
  } finally {
    delay.disable();
    await Promise.all(desks.map((desk) => desk.stop()));
    await grapes.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Offered, taken by one of the others, and settled. */
async function dealOf(maker: Desk | undefined): Promise<void> {
  if (maker === undefined) throw new Error('no desk to make an offer');
  let offerId = '';
  const awarded = maker.until((notice) => notice.event === 'deal.awarded' && notice.offerId === offerId);
  ({ offerId } = await maker.announce(DRAFT));
  await awarded;
}

async function sampleOf(deals: number, delayP99Ms: number): Promise<SoakSample> {
  collectGarbage();
  // What was collected is finalized, and gives its files back, in a later turn.
  await setImmediate();
  const { heapUsed, external } = process.memoryUsage();
  return { deals, heapBytes: heapUsed + external, handles: countHandles(), delayP99Ms };
}

/** Without attempts to connect: to desks that have left there is one each until the grapes forget them, and it ends by itself. */
function countHandles(): number {
  const attempts = process.getActiveResourcesInfo().filter((name) => name.endsWith('ConnectWrap'));
  return readdirSync('/proc/self/fd').length - attempts.length;
}

export function reportOf(samples: readonly SoakSample[]): SoakReport {
  const settled = samples.slice(Math.floor(samples.length / 2));
  const trends = {
    heapMb: trendOf(settled.map(({ heapBytes }) => heapBytes / 1e6)),
    handles: trendOf(settled.map(({ handles }) => handles)),
    delayP99Ms: trendOf(settled.map(({ delayP99Ms }) => delayP99Ms)),
  };
  const growing = (['heapMb', 'handles', 'delayP99Ms'] as const).filter((name) => {
    const { mean, rise } = trends[name];
    return rise > Math.max(CHANCE[name].min, CHANCE[name].part * mean);
  });
  return { samples: samples.length, deals: samples.at(-1)?.deals ?? 0, ...trends, growing };
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
