/**
 * Desks under load: the memory of many desks in one process, deals while many desks start, one desk with many open offers, and a start with
 * a long journal. The figures depend on the machine; their ratios count.
 *
 *   npm run bench:strain [-- memory joint offers start]
 */
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createDesk, silentLog, startGrapes, type Desk, type DeskOptions } from '../src/index.ts';
import { openSqliteJournal } from '../src/store/open-sqlite-journal.ts';
import { collectGarbage } from '../testing/collect-garbage.ts';
import { fill } from './journal-load.ts';
import { nowMs, quantile } from './statistics.ts';

const JOINT_DESKS = 50;
const OPEN_OFFERS = [1, 1_000, 10_000, 99_900];
const DEALS_EACH = 100;
const VALID_FOR_MS = 3_600_000;

type Place = Pick<DeskOptions, 'grapes' | 'broadcastKey'>;

/** Desks with journals on disk, in one folder that is removed at the end. */
class Desks {
  readonly #folder = mkdtempSync(join(tmpdir(), 'grapevine-bench-'));
  readonly #desks: Desk[] = [];

  async start(options: DeskOptions): Promise<Desk> {
    const desk = createDesk({ ...options, dataDir: join(this.#folder, this.#desks.length.toString()) });
    this.#desks.push(desk);
    await desk.start();
    return desk;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#desks.map((desk) => desk.stop()));
    rmSync(this.#folder, { recursive: true });
  }
}

/** In megabytes, after a garbage collection. */
interface Held {
  /** Memory in use. */
  readonly live: number;
  /** Memory of the process, including partly empty pages of the heap. */
  readonly resident: number;
}

async function held(): Promise<Held> {
  for (let turn = 0; turn < 5; turn += 1) {
    collectGarbage();
    await nextTurn();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { live: (heapUsed + external) / 2 ** 20, resident: rss / 2 ** 20 };
}

/** Makes deals one after another. @returns for each, the milliseconds from the announcement until the winner knows that it has won */
async function dealUntil(maker: Desk, taker: Desk, isOver: (count: number) => boolean): Promise<number[]> {
  const latencies: number[] = [];
  while (!isOver(latencies.length)) {
    const since = nowMs();
    const won = once(taker, 'deal.won');
    await maker.announce({ type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: '8000', validForMs: VALID_FOR_MS });
    await won;
    latencies.push(nowMs() - since);
  }
  return latencies;
}

async function startPair(desks: Desks, place: Place): Promise<{ maker: Desk; taker: Desk }> {
  const taker = await desks.start({ ...place, interest: ({ amount }) => amount === '1' });
  const maker = await desks.start(place);
  await dealUntil(maker, taker, (count) => count === DEALS_EACH);
  return { maker, taker };
}

const inMs = (value: number): string => `${value.toFixed(1)} ms`;

async function measureMemory(place: Place): Promise<void> {
  const desks = new Desks();
  await desks.start(place);
  const one = (await held()).resident;
  await Promise.all(Array.from({ length: JOINT_DESKS }, () => desks.start(place)));
  const each = ((await held()).resident - one) / JOINT_DESKS;
  console.log(`memory: ${one.toFixed(0)} MB with one desk, ${each.toFixed(1)} MB for each of ${JOINT_DESKS} more`);
  await desks.stop();
}

async function measureJointStart(place: Place): Promise<void> {
  const desks = new Desks();
  const { maker, taker } = await startPair(desks, place);
  const settled = await dealUntil(maker, taker, (count) => count === DEALS_EACH);
  const child = fork(import.meta.filename, ['start-many'], { execArgv: process.execArgv });
  const ended = once(child, 'exit');
  const since = nowMs();
  let upMs = 0;
  child.send(place);
  child.once('message', () => (upMs = nowMs() - since));
  const meanwhile = await dealUntil(maker, taker, () => upMs > 0);
  child.disconnect();
  await ended;
  const [before, during] = [quantile(settled, 0.5), quantile(meanwhile, 0.5)];
  console.log(
    `joint start of ${JOINT_DESKS} desks (${(upMs / 1_000).toFixed(1)} s): p50 of a deal ${inMs(before)} before, ${inMs(during)} meanwhile` +
      ` (${(during / before).toFixed(1)} times), longest ${inMs(Math.max(...meanwhile))}`,
  );
  await desks.stop();
}

/** The other process of the joint start. */
async function startMany(): Promise<void> {
  const [place] = (await once(process, 'message')) as [Place];
  const desks = new Desks();
  await Promise.all(Array.from({ length: JOINT_DESKS }, () => desks.start(place)));
  process.send?.('up');
  await once(process, 'disconnect');
  await desks.stop();
}

async function measureOffers(place: Place): Promise<void> {
  const desks = new Desks();
  const { maker, taker } = await startPair(desks, place);
  const empty = await held();
  let open = 0;
  for (const goal of OPEN_OFFERS) {
    for (; open < goal; open += 500) {
      const some = Array.from({ length: Math.min(500, goal - open) }, () =>
        // Only the maker has these offers, so that its own cost is measured.
        maker.announce({
          type: 'buy',
          amount: '2',
          pair: 'BTC/USD',
          unitPrice: '1',
          validForMs: VALID_FOR_MS,
          to: ['f'.repeat(64)],
        }),
      );
      await Promise.all(some);
    }
    open = goal;
    const cpu = process.cpuUsage();
    const latencies = await dealUntil(maker, taker, (count) => count === DEALS_EACH);
    const { user, system } = process.cpuUsage(cpu);
    const now = await held();
    console.log(
      `${goal.toLocaleString('en')} open offers: ${(now.live - empty.live).toFixed(0)} MB in use for them, ` +
        `${(now.resident - empty.resident).toFixed(0)} MB more resident, p50 of a deal ${inMs(quantile(latencies, 0.5))},` +
        ` ${inMs((user + system) / 1_000 / DEALS_EACH)} of processor time`,
    );
  }
  await desks.stop();
}

async function measureStart(place: Place): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'grapevine-bench-'));
  // Creates the key, and the journal of its desk.
  const first = createDesk({ ...place, dataDir });
  await first.start();
  await first.stop();
  const journal = openSqliteJournal({ dataDir });
  await fill(journal, 100_000, 10_000);
  await journal.close();
  const since = nowMs();
  const desk = createDesk({ ...place, dataDir });
  await desk.start();
  console.log(`start with 10,000 open and 100,000 finished offers: ${((nowMs() - since) / 1_000).toFixed(2)} s`);
  await desk.stop();
  rmSync(dataDir, { recursive: true });
}

const PARTS = { memory: measureMemory, joint: measureJointStart, offers: measureOffers, start: measureStart };

async function main(names: readonly string[]): Promise<void> {
  const grapes = await startGrapes({ count: 3, host: '127.0.0.1', dhtPort: 0, apiPort: 0, log: silentLog });
  for (const [name, measure] of Object.entries(PARTS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    await measure({ grapes: grapes.api, broadcastKey: `bench-${randomBytes(6).toString('hex')}` });
  }
  await grapes.stop();
}

const names = process.argv.slice(2);
await (names[0] === 'start-many' ? startMany() : main(names));
