/**
 * How many desks receive an offer, and when: many desks in several processes, on embedded grapes and real loopback sockets. Measures the
 * start, the cost of an idle desk, and the reach of offers. Then a fifth of the desks is replaced, and the reach is measured again.
 *
 *   npm run reach -- [--desks 1000] [--processes 4] [--offers 50] [--pause MS] [--idle 30] [--no-churn] [--settle 20] [--json]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { silentLog, startGrapes } from '../src/index.ts';
import type { Measures, ReachOrder, ReachReport } from './reach-desks.ts';

const { values } = parseArgs({
  options: {
    desks: { type: 'string', default: '100' },
    processes: { type: 'string', default: '4' },
    offers: { type: 'string', default: '50' },
    /** Milliseconds between two offers. The default leaves two cores enough time for the work of all desks. */
    pause: { type: 'string' },
    /** Seconds without offers, to measure the cost of idle desks. */
    idle: { type: 'string', default: '30' },
    /** Seconds between the start, or the change, and the first offer. */
    settle: { type: 'string', default: '20' },
    'no-churn': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const deskCount = Number(values.desks);
const processCount = Math.min(Number(values.processes), deskCount);
const offerCount = Number(values.offers);
const pauseMs = Number(values.pause ?? Math.max(500, 3 * deskCount));

/** After this time, an offer counts as not received. */
const PATIENCE_MS = 10_000;
/** Longer than the bench can take. */
const VALID_MS = 3_600_000;
const START_PATIENCE_MS = 1_500_000;

class DeskProcess {
  readonly #child: ChildProcess;
  readonly #waiting: ((report: ReachReport) => void)[] = [];
  count = 0;

  constructor(heard: (offerId: string, atMs: readonly number[]) => void) {
    this.#child = fork(new URL('reach-desks.ts', import.meta.url), {
      execArgv: ['--import', 'tsx', '--expose-gc'],
    });
    this.#child.on('message', (report: ReachReport) => {
      if (report.kind === 'heard') heard(report.offerId, report.atMs);
      else this.#waiting.shift()?.(report);
    });
  }

  async ask<Kind extends ReachReport['kind']>(
    order: ReachOrder,
    kind: Kind,
  ): Promise<Extract<ReachReport, { kind: Kind }>> {
    const answer = new Promise<ReachReport>((resolve) => this.#waiting.push(resolve));
    this.#child.send(order);
    const report = await Promise.race([answer, sleep(START_PATIENCE_MS, null, { ref: false })]);
    if (report?.kind !== kind) throw new Error(`no answer to ${order.do} in time`);
    return report as Extract<ReachReport, { kind: Kind }>;
  }

  stop(): void {
    this.#child.disconnect();
  }
}

interface Round {
  readonly what: string;
  readonly desks: number;
  readonly offers: number;
  /** The share of the desks that received an offer: the least and the mean of all offers. */
  readonly worstShare: number;
  readonly meanShare: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  /** Processor time per desk and offer, without the cost of an idle desk. */
  readonly cpuMsOfADeskPerOffer: number;
}

const heardAt = new Map<string, number[]>();
const grapes = await startGrapes({ count: 3, host: '127.0.0.1', dhtPort: 0, apiPort: 0, log: silentLog });
const broadcastKey = `reach-${randomBytes(6).toString('hex')}`;
const processes = Array.from(
  { length: processCount },
  () =>
    new DeskProcess((offerId, atMs) => {
      heardAt.set(offerId, [...(heardAt.get(offerId) ?? []), ...atMs]);
    }),
);

async function start(counts: readonly number[]): Promise<void> {
  await Promise.all(
    processes.map(async (process, index) => {
      const count = counts[index] ?? 0;
      await process.ask({ do: 'start', count, grapes: grapes.api, broadcastKey }, 'started');
      process.count += count;
    }),
  );
}

function measureAll(): Promise<readonly Measures[]> {
  return Promise.all(processes.map((process) => process.ask({ do: 'measure' }, 'measured')));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const cpuOf = (measures: readonly Measures[]): number => sum(measures.map(({ cpuMs }) => cpuMs));
const ownCpuMs = (): number => (process.cpuUsage().user + process.cpuUsage().system) / 1_000;

async function reach(what: string): Promise<Round> {
  const desks = sum(processes.map(({ count }) => count));
  const before = cpuOf(await measureAll());
  const startedMs = performance.now();
  const announced = new Map<string, number>();
  for (let made = 0; made < offerCount; made += 1) {
    const maker = processes[made % processes.length];
    if (maker === undefined) break;
    const order = { do: 'announce', desk: Math.floor(Math.random() * maker.count), validForMs: VALID_MS } as const;
    const { offerId, atMs } = await maker.ask(order, 'announced');
    announced.set(offerId, atMs);
    await sleep(pauseMs);
  }
  await sleep(PATIENCE_MS);
  const idleMs = idleCoreShare * desks * (performance.now() - startedMs);
  const after = cpuOf(await measureAll());
  const shares: number[] = [];
  const times: number[] = [];
  for (const [offerId, atMs] of announced) {
    const heard = heardAt.get(offerId) ?? [];
    shares.push(heard.length / (desks - 1));
    times.push(...heard.map((heardMs) => heardMs - atMs));
    // Desks that never received it count as infinitely late.
    for (let missing = heard.length; missing < desks - 1; missing += 1) times.push(Infinity);
  }
  times.sort((a, b) => a - b);
  const at = (part: number): number =>
    Math.round(times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0);
  return {
    what,
    desks,
    offers: announced.size,
    worstShare: Math.min(...shares),
    meanShare: sum(shares) / shares.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    longestMs: at(1),
    cpuMsOfADeskPerOffer: Number(((after - before - idleMs) / announced.size / desks).toFixed(2)),
  };
}

/** The share of a core that an idle desk needs, after it was measured. */
let idleCoreShare = 0;

/** @returns the cost of one desk while there are no offers */
async function idle(): Promise<object> {
  const before = await measureAll();
  const grapesBefore = ownCpuMs();
  const seconds = Number(values.idle);
  await sleep(seconds * 1_000);
  const after = await measureAll();
  const desks = sum(after.map(({ desks: count }) => count));
  const cpuMs = cpuOf(after) - cpuOf(before);
  const heapBytes = sum(after.map((measured) => measured.heapBytes));
  const known = after.flatMap(({ peersKnown }) => peersKnown);
  const messages = sum(after.map((measured) => measured.messages)) - sum(before.map((measured) => measured.messages));
  idleCoreShare = cpuMs / (seconds * 1_000) / desks;
  return {
    desks,
    coreShareOfADesk: Number(idleCoreShare.toFixed(6)),
    messagesOfADeskPerMinute: Math.round((messages / desks / seconds) * 60),
    handlesOfADesk: Math.round(sum(after.map(({ handles }) => handles)) / desks),
    coreShareOfTheGrapes: Number(((ownCpuMs() - grapesBefore) / (seconds * 1_000)).toFixed(3)),
    heapMbOfADesk: Number((heapBytes / desks / 1e6).toFixed(2)),
    rssMb: Math.round(sum(after.map(({ rssBytes }) => rssBytes)) / 1e6),
    peersKnown: { least: Math.min(...known), mean: Math.round(sum(known) / known.length) },
    delayP99Ms: Math.round(Math.max(...after.map(({ delayP99Ms }) => delayP99Ms))),
  };
}

/** The number of open offers, and how many of them the new desks have. New desks are the last ones of each process. */
async function booksOfNewcomers(came: readonly number[]): Promise<object> {
  const all = (await measureAll()).flatMap(({ books }, index) => books.slice(books.length - (came[index] ?? 0)));
  return { open: heardAt.size, least: Math.min(...all), mean: Number((sum(all) / all.length).toFixed(1)) };
}

function show(what: string, figures: object): void {
  console.log(values.json ? JSON.stringify({ what, ...figures }) : `${what}: ${JSON.stringify(figures)}`);
}

try {
  const startedMs = performance.now();
  const share = (count: number): readonly number[] =>
    processes.map(
      (_, index) => Math.floor((count * (index + 1)) / processCount) - Math.floor((count * index) / processCount),
    );
  await start(share(deskCount));
  show('started', { desks: deskCount, processes: processCount, ms: Math.round(performance.now() - startedMs) });
  await sleep(Number(values.settle) * 1_000);
  show('idle', await idle());
  show('reach', await reach('settled'));
  if (!values['no-churn']) {
    const killed = share(Math.floor(deskCount / 5));
    await Promise.all(
      processes.map(async (process, index) => {
        await process.ask({ do: 'kill', count: killed[index] ?? 0 }, 'killed');
        process.count -= killed[index] ?? 0;
      }),
    );
    const cameMs = performance.now();
    await start(killed);
    show('churned', { desks: sum(killed), ms: Math.round(performance.now() - cameMs) });
    await sleep(5_000);
    show('books of newcomers 5 s later', await booksOfNewcomers(killed));
    await sleep(Math.max(0, Number(values.settle) - 5) * 1_000);
    show('reach', await reach('after the change'));
  }
} finally {
  for (const child of processes) child.stop();
  await grapes.stop();
}
