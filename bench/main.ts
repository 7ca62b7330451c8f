/**
 * `npm run bench`: deals per second and the time from an announcement to the winner's knowledge, of our desks and of a
 * plain client of the same flow on stock Grenache, side by side on the same grapes. Rounds of both alternate, so that a
 * machine that gets slower gets slower for both; the ratio of each pair of rounds is what counts.
 *
 *   npm run bench -- [--rounds 3] [--seconds 1.5] [--takers 3,10,50]
 */
import { parseArgs } from 'node:util';
import { startGrapes, silentLog } from '../src/index.ts';
import { Arena, type Placement } from './arena.ts';
import type { ContestantName } from './contestants.ts';
import { median, quantile } from './statistics.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1.5' },
    takers: { type: 'string', default: '3,10,50' },
  },
});
const rounds = Number(values.rounds);
const roundMs = Number(values.seconds) * 1_000;
const takerCounts = values.takers.split(',').map(Number);
const placements: readonly Placement[] = ['one process', 'two processes'];
const atOnce: readonly number[] = [1, 16];

/** Two that run in turn, the one whose ratio is printed first. */
type Pair = readonly [ContestantName, ContestantName];

interface Figures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const grapes = await startGrapes({ count: 3, host: '127.0.0.1', dhtPort: 0, apiPort: 0, log: silentLog });
try {
  console.log(`node ${process.version}; ${rounds} rounds of ${roundMs / 1000} s each; medians of the rounds`);
  console.log('\nours, journals in memory, against a plain client of the same flow on stock grenache-nodejs-http');
  printHead(' plain');
  for (const takers of takerCounts) {
    for (const placement of placements) await compare(['grapevine', 'plain'], takers, placement);
  }
  console.log('\nours, journals on disk, against ours with journals in memory');
  printHead('memory');
  for (const placement of placements) await compare(['durable', 'grapevine'], takerCounts[0] ?? 3, placement);
} finally {
  await grapes.stop();
}

async function compare(names: Pair, takers: number, placement: Placement): Promise<void> {
  const arenas = new Map<ContestantName, Arena>();
  for (const name of names) arenas.set(name, await Arena.open(name, takers, placement, grapes.api));
  for (const parallel of atOnce) {
    const figures = new Map<ContestantName, Figures[]>(names.map((name) => [name, []]));
    for (const arena of arenas.values()) await arena.run(parallel, roundMs / 3);
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, arena] of arenas) {
        const { latenciesMs, elapsedMs } = await arena.run(parallel, roundMs);
        figures.get(name)?.push({
          perSecond: (latenciesMs.length / elapsedMs) * 1_000,
          p50Ms: quantile(latenciesMs, 0.5),
          p99Ms: quantile(latenciesMs, 0.99),
        });
      }
    }
    printRow(takers, placement, parallel, figures.get(names[0]) ?? [], figures.get(names[1]) ?? []);
  }
  for (const arena of arenas.values()) await arena.close();
}

function printHead(other: string): void {
  console.log(
    `takers placement       at once | deals/s ${other}  ratio (min..max)   | p50 ms ${other} | p99 ms ${other}`,
  );
}

function printRow(
  takers: number,
  placement: Placement,
  parallel: number,
  first: readonly Figures[],
  second: readonly Figures[],
): void {
  const ratios = first.map(({ perSecond }, round) => perSecond / (second[round]?.perSecond ?? NaN));
  const of = (figures: readonly Figures[], name: keyof Figures): number =>
    median(figures.map((figure) => figure[name]));
  const columns = [
    String(takers).padStart(6),
    placement.padEnd(15),
    String(parallel).padStart(7),
    '|',
    of(first, 'perSecond').toFixed(0).padStart(7),
    of(second, 'perSecond').toFixed(0).padStart(6),
    `${median(ratios).toFixed(1).padStart(6)} (${Math.min(...ratios).toFixed(1)}..${Math.max(...ratios).toFixed(1)})`.padEnd(
      21,
    ),
    '|',
    of(first, 'p50Ms').toFixed(1).padStart(6),
    of(second, 'p50Ms').toFixed(1).padStart(6),
    '|',
    of(first, 'p99Ms').toFixed(1).padStart(6),
    of(second, 'p99Ms').toFixed(1).padStart(6),
  ];
  console.log(columns.join(' '));
}
