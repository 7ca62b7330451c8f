/**
 * `npm run bench`: deals per second, the time from an announcement until the winner knows that it has won, and processor time per deal.
 * One run compares our desks (signed, journals on disk), the floor (floor.ts), and a plain client with the same flow on stock Grenache
 * (neither signed nor durable). `--with` selects others. The rounds of all contestants alternate, so that a slower machine affects all. The
 * ratio within each round counts.
 */
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { startDhtNodes } from '../src/hyperdht/start-dht-nodes.ts';
import { silentLog, startGrapes } from '../src/index.ts';
import { Arena, type Placement, type Run } from './arena.ts';
import type { ContestantName } from './contestant.ts';
import { changeText, headText, rowText, type Figures, type Report, type Row } from './report.ts';
import { quantile } from './statistics.ts';

const CONTESTANTS: readonly ContestantName[] = ['desk', 'floor', 'plain', 'memory', 'hyperdht', 'lean', 'lean-memory'];
const WARM_UP_AT_ONCE = 16;
const PLACEMENTS: readonly Placement[] = ['one process', 'two processes'];

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUp: number;
  readonly takers: readonly number[];
  readonly atOnce: readonly number[];
  readonly placement: Placement | 'both';
  readonly with: readonly ContestantName[];
  readonly json: boolean;
  readonly against?: string;
}

const positive = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('a positive number is needed');
  return value;
};
const notNegative = (text: string): number => {
  const value = Number(text);
  if (!(value >= 0)) throw new InvalidArgumentError('a number from 0 on is needed');
  return value;
};
const counts = (text: string): number[] =>
  text.split(',').map((part) => {
    const value = positive(part);
    if (!Number.isInteger(value)) throw new InvalidArgumentError('whole numbers with commas between them are needed');
    return value;
  });
const contestants = (text: string): ContestantName[] =>
  text.split(',').map((part) => {
    const name = CONTESTANTS.find((known) => known === part);
    if (name === undefined) throw new InvalidArgumentError(`one or more of ${CONTESTANTS.join(',')} are needed`);
    return name;
  });

const options = new Command('npm run bench --')
  .description('Compares desks with the least that such a deal must cost, and with a plain client.')
  .addOption(new Option('--rounds <number>', 'rounds of each row').argParser(positive).default(3))
  .addOption(new Option('--seconds <number>', 'length of a round').argParser(positive).default(1.5))
  .addOption(
    new Option('--warm-up <seconds>', 'deals before the first round, 16 at once: until the code is compiled')
      .argParser(notNegative)
      .default(4),
  )
  .addOption(new Option('--takers <numbers>', 'takers, a row each').argParser(counts).default([3, 10], '3,10'))
  .addOption(
    new Option('--at-once <numbers>', 'deals at once, a row each').argParser(counts).default([1, 16, 256], '1,16,256'),
  )
  .addOption(new Option('--placement <where>', 'where the takers run').choices([...PLACEMENTS, 'both']).default('both'))
  .addOption(
    new Option(
      '--with <names>',
      'desk, floor, plain, memory (a desk whose journal is in memory), hyperdht (a desk on that network), ' +
        'lean (the messages and the journal of a desk, and nothing else), lean-memory (without the journal)',
    )
      .argParser(contestants)
      .default(['desk', 'floor', 'plain'], 'desk,floor,plain'),
  )
  .option('--json', 'prints the figures of all rounds as one JSON value', false)
  .option('--against <file>', 'compares the ratios with those of an earlier run, written with --json')
  .parse()
  .opts<Options>();

const earlier = options.against === undefined ? null : (JSON.parse(readFileSync(options.against, 'utf8')) as Report);
const rows: Row[] = [];
const grapes = await startGrapes({ count: 3, host: '127.0.0.1', dhtPort: 0, apiPort: 0, log: silentLog });
const dht = options.with.includes('hyperdht') ? await startDhtNodes({ host: '127.0.0.1', port: 0 }) : null;
const nodes = { grapes: grapes.api, bootstrap: dht?.bootstrap ?? [] };
try {
  if (!options.json) {
    console.log(
      `node ${process.version}; ${options.rounds} rounds of ${options.seconds} s each, after ${options.warmUp} s of warming up; medians of the rounds`,
    );
    console.log(headText(options.with));
  }
  for (const takers of options.takers) {
    for (const placement of PLACEMENTS) {
      if (options.placement === placement || options.placement === 'both') await compare(takers, placement);
    }
  }
} finally {
  await grapes.stop();
  await dht?.stop();
}
const report: Report = {
  node: process.version,
  rounds: options.rounds,
  seconds: options.seconds,
  warmUp: options.warmUp,
  rows,
};
if (options.json) console.log(JSON.stringify(report, null, 1));
else if (earlier !== null) console.log(changeText(earlier, report));

async function compare(takers: number, placement: Placement): Promise<void> {
  const arenas = new Map<ContestantName, Arena>();
  try {
    for (const name of options.with) arenas.set(name, await Arena.open(name, takers, placement, nodes));
    for (const arena of arenas.values()) await warmUp(arena);
    for (const atOnce of options.atOnce) {
      const row: Row = { takers, placement, atOnce, figures: await runRounds(arenas, atOnce) };
      rows.push(row);
      if (!options.json) console.log(rowText(row));
    }
  } finally {
    for (const arena of arenas.values()) await arena.close();
  }
}

/** A new process is slower for some thousand deals, until its code is compiled. */
async function warmUp(arena: Arena): Promise<void> {
  if (options.warmUp > 0) await arena.run(WARM_UP_AT_ONCE, options.warmUp * 1_000);
}

async function runRounds(
  arenas: ReadonlyMap<ContestantName, Arena>,
  atOnce: number,
): Promise<Partial<Record<ContestantName, Figures[]>>> {
  const roundMs = options.seconds * 1_000;
  const figures: Partial<Record<ContestantName, Figures[]>> = {};
  // The first deals also open connections.
  for (const arena of arenas.values()) await arena.run(atOnce, roundMs / 3);
  for (let round = 0; round < options.rounds; round += 1) {
    for (const [name, arena] of arenas) (figures[name] ??= []).push(figuresOf(await arena.run(atOnce, roundMs)));
  }
  return figures;
}

function figuresOf({ latenciesMs, elapsedMs, cpuMs }: Run): Figures {
  return {
    perSecond: (latenciesMs.length / elapsedMs) * 1_000,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    cpuMs: cpuMs / latenciesMs.length,
  };
}
