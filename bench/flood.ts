/**
 * `npx tsx bench/flood.ts`: how long a deal takes with and without another process that sends junk to all desks. Quiet and flooded rounds
 * alternate with the same desks. The takers run in a process of their own.
 *
 *   npx tsx bench/flood.ts [--rounds 5] [--seconds 3] [--junk 2000] [--takers 3]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { silentLog, startGrapes } from '../src/index.ts';
import { Arena, type Run } from './arena.ts';
import type { FloodOrder, FloodReport } from './flood-process.ts';
import { median, quantile } from './statistics.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    junk: { type: 'string', default: '2000' },
    takers: { type: 'string', default: '3' },
  },
});
const rounds = Number(values.rounds);
const roundMs = Number(values.seconds) * 1_000;
const perSecond = Number(values.junk);
const takers = Number(values.takers);
const CONNECTIONS_PER_ADDRESS = 2;
/** The time until a flood has its full rate, and until it has ended everywhere. */
const SETTLE_MS = 300;

interface Figures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const grapes = await startGrapes({ count: 3, host: '127.0.0.1', dhtPort: 0, apiPort: 0, log: silentLog });
const arena = await Arena.open('memory', takers, 'two processes', { grapes: grapes.api, bootstrap: [] });
try {
  console.log(
    `node ${process.version}; ${takers} takers, one deal at a time, ${rounds} pairs of rounds of ${roundMs / 1_000} s`,
  );
  console.log('round |  quiet: deals/s    p50 ms   p99 ms | flooded: deals/s    p50 ms   p99 ms | junk/s | p99 ratio');
  await arena.run(1, roundMs);
  const ratios: number[] = [];
  for (let round = 1; round <= rounds; round++) ratios.push(await compare(round));
  console.log(`p99 with junk / p99 without: ${median(ratios).toFixed(2)} (median of ${rounds} pairs)`);
} finally {
  await arena.close();
  await grapes.stop();
}

async function compare(round: number): Promise<number> {
  const quiet = figuresOf(await arena.run(1, roundMs));
  const flood = await startFlood();
  const startedMs = performance.now();
  const flooded = figuresOf(await arena.run(1, roundMs));
  const seconds = (performance.now() - startedMs + SETTLE_MS) / 1_000;
  const { sent } = await endFlood(flood);
  const ratio = flooded.p99Ms / quiet.p99Ms;
  const junk = (sent / seconds).toFixed(0).padStart(6);
  console.log(`${String(round).padStart(5)} | ${row(quiet)} | ${row(flooded)} | ${junk} | ${ratio.toFixed(2)}`);
  return ratio;
}

async function startFlood(): Promise<ChildProcess> {
  const child = fork(new URL('./flood-process.ts', import.meta.url), { execArgv: process.execArgv });
  await once(child, 'spawn');
  const order: FloodOrder = {
    addresses: await addressesOf(arena.broadcastKey),
    broadcastKey: arena.broadcastKey,
    perSecond,
    connectionsPerAddress: CONNECTIONS_PER_ADDRESS,
  };
  child.send(order);
  await firstReport(child);
  await sleep(SETTLE_MS);
  return child;
}

/** The process is ready when it answers. Its start costs more processor time than the flood. */
async function firstReport(child: ChildProcess): Promise<FloodReport> {
  const report = once(child, 'message') as Promise<[FloodReport]>;
  child.send('report');
  return (await report)[0];
}

async function endFlood(child: ChildProcess): Promise<FloodReport> {
  const report = await firstReport(child);
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
  await sleep(SETTLE_MS);
  return report;
}

async function addressesOf(key: string): Promise<readonly string[]> {
  const body = JSON.stringify({ rid: 'flood', data: key });
  const answer = await fetch(`${grapes.api[0] ?? ''}/lookup`, { method: 'POST', body });
  return (await answer.json()) as readonly string[];
}

function figuresOf({ latenciesMs, elapsedMs }: Run): Figures {
  return {
    perSecond: (latenciesMs.length / elapsedMs) * 1_000,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  };
}

function row(figures: Figures): string {
  const p50 = figures.p50Ms.toFixed(1).padStart(9);
  const p99 = figures.p99Ms.toFixed(1).padStart(8);
  return `${figures.perSecond.toFixed(0).padStart(15)} ${p50} ${p99}`;
}
