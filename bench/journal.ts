/**
 * `npx tsx bench/journal.ts`: the cost of durability. Compares the journal on SQLite with the one in memory, counts the entries that share
 * one sync of the disk, and compares a start with a long and an empty journal.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryJournal } from '../src/store/memory-journal.ts';
import { openSqliteJournal } from '../src/store/open-sqlite-journal.ts';
import { appendDeals, fill } from './journal-load.ts';
import { median } from './statistics.ts';

const ENTRIES_PER_DEAL = 4;
const ROUNDS = 3;

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'grapevine-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Rate {
  readonly memory: number;
  readonly durable: number;
  readonly entriesPerCommit: number;
}

async function measureRates(concurrent: number, deals: number): Promise<Rate> {
  const entries = deals * ENTRIES_PER_DEAL;
  const rounds: Rate[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const memory = entries / ((await appendDeals(new MemoryJournal(), 'deal', deals, concurrent)) / 1_000);
    rounds.push(
      await inFolder(async (dataDir) => {
        const journal = openSqliteJournal({ dataDir });
        const ms = await appendDeals(journal, 'deal', deals, concurrent);
        const { commits } = journal.counts;
        await journal.close();
        return { memory, durable: entries / (ms / 1_000), entriesPerCommit: entries / commits };
      }),
    );
  }
  const middle = (pick: (rate: Rate) => number): number => median(rounds.map(pick));
  return {
    memory: middle(({ memory }) => memory),
    durable: middle(({ durable }) => durable),
    entriesPerCommit: middle(({ entriesPerCommit }) => entriesPerCommit),
  };
}

interface Start {
  readonly openMs: number;
  readonly readMs: number;
  readonly offers: number;
  readonly memoryMegabytes: number;
}

async function measureStart(finished: number, open: number): Promise<Start & { fileMegabytes: number }> {
  return inFolder(async (dataDir) => {
    const journal = openSqliteJournal({ dataDir });
    await fill(journal, finished, open);
    await journal.close();
    const script = join(import.meta.dirname, 'journal-start.ts');
    const args = ['--expose-gc', '--import', 'tsx', script, dataDir];
    const starts = Array.from({ length: ROUNDS }, () => {
      return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Start;
    });
    const middle = (pick: (start: Start) => number): number => median(starts.map(pick));
    return {
      openMs: middle(({ openMs }) => openMs),
      readMs: middle(({ readMs }) => readMs),
      offers: middle(({ offers }) => offers),
      memoryMegabytes: middle(({ memoryMegabytes }) => memoryMegabytes),
      fileMegabytes: statSync(journal.file).size / 2 ** 20,
    };
  });
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');

console.log(`journal: median of ${ROUNDS} rounds, entries of whole deals, Node ${process.version}\n`);
console.log('concurrent | in memory, entries/s | durable, entries/s | share | entries per commit');
for (const [concurrent, deals] of [
  [1, 500],
  [16, 2_000],
  [256, 6_000],
] as const) {
  const { memory, durable, entriesPerCommit } = await measureRates(concurrent, deals);
  const share = `${((100 * durable) / memory).toFixed(1)} %`;
  const cells = [concurrent, whole(memory), whole(durable), share, entriesPerCommit.toFixed(1)];
  console.log(cells.join(' | '));
}

console.log('\nfinished | open | file, MB | open, ms | readUnfinished, ms | memory held, MB');
for (const [finished, open] of [
  [0, 10_000],
  [100_000, 10_000],
] as const) {
  const start = await measureStart(finished, open);
  const times = [start.fileMegabytes, start.openMs, start.readMs, start.memoryMegabytes].map((value) =>
    value.toFixed(1),
  );
  console.log([finished, start.offers, ...times].map(String).join(' | '));
}
