/**
 * A process with desks of the reach bench: started with `fork`, controlled by messages, and ended with the channel. Times are milliseconds
 * since 1970 with fractions, which all processes of one machine can compare.
 */
import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { composeDesk } from '../src/composition/create-desk.ts';
import type { Desk } from '../src/index.ts';
import type { Network } from '../src/ports/network.ts';

export type ReachOrder =
  | { readonly do: 'start'; readonly count: number; readonly grapes: readonly string[]; readonly broadcastKey: string }
  /** Kills the first `count` running desks, without a stop. */
  | { readonly do: 'kill'; readonly count: number }
  | { readonly do: 'announce'; readonly desk: number; readonly validForMs: number }
  | { readonly do: 'measure' };

export type ReachReport =
  | { readonly kind: 'started'; readonly startedAt: readonly number[] }
  | { readonly kind: 'killed' }
  | { readonly kind: 'announced'; readonly offerId: string; readonly atMs: number }
  | { readonly kind: 'heard'; readonly offerId: string; readonly atMs: readonly number[] }
  | ({ readonly kind: 'measured' } & Measures);

export interface Measures {
  readonly desks: number;
  readonly cpuMs: number;
  /** Without the memory of the process before its first desk. */
  readonly heapBytes: number;
  /** Messages that all desks have sent: direct messages, forwarded facts, hellos. */
  readonly messages: number;
  /** Open files and sockets of the process. */
  readonly handles: number;
  readonly rssBytes: number;
  readonly delayP99Ms: number;
  /** The number of open offers of others, for each desk. */
  readonly books: readonly number[];
  readonly peersKnown: readonly number[];
}

/** Reports are collected for this time, so that they cost the desks little. */
const REPORT_MS = 100;
/** The desks that start at the same time. A start of all together would measure the load of the machine. */
const STARTED_TOGETHER = 4;
/** With a larger delay of the event loop, the next start waits. */
const LATE_MS = 300;
const POLL_MS = 20;
/** On a busy machine, the delay never ends, so the wait is limited. */
const TRIES = 3;

const desks: Desk[] = [];
const heapAtStart = collectedHeap();
let messages = 0;
let started = 0;
let heard = new Map<string, number[]>();
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

const now = (): number => performance.timeOrigin + performance.now();
const report = (message: ReachReport): void => {
  // At the end, the channel may be closed.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
};

setInterval(() => {
  for (const [offerId, atMs] of heard) report({ kind: 'heard', offerId, atMs });
  heard = new Map();
}, REPORT_MS).unref();

process.on('message', (order: ReachOrder) => void obey(order));
process.once('disconnect', () => process.exit(0));

async function obey(order: ReachOrder): Promise<void> {
  switch (order.do) {
    case 'start':
      report({ kind: 'started', startedAt: await start(order) });
      return;
    case 'kill':
      await Promise.all(desks.splice(0, order.count).map((desk) => desk.stop()));
      report({ kind: 'killed' });
      return;
    case 'announce': {
      const draft = { type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: '8000' } as const;
      const atMs = now();
      const terms = await desks[order.desk % desks.length]?.announce({ ...draft, validForMs: order.validForMs });
      if (terms !== undefined) report({ kind: 'announced', offerId: terms.offerId, atMs });
      return;
    }
    case 'measure':
      report({ kind: 'measured', ...measure() });
  }
}

async function start({ count, grapes, broadcastKey }: ReachOrder & { do: 'start' }): Promise<readonly number[]> {
  const startedAt: number[] = [];
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const desk = countedDesk(grapes, broadcastKey);
      desk.on('offer.received', ({ offerId }) => {
        heard.set(offerId, [...(heard.get(offerId) ?? []), now()]);
      });
      await desk.start();
      startedAt.push(now());
      desks.push(desk);
      await untilIdle();
    }
  };
  await Promise.all(Array.from({ length: STARTED_TOGETHER }, worker));
  return startedAt;
}

async function untilIdle(): Promise<void> {
  for (let lateMs = Infinity, tries = 0; lateMs > LATE_MS && tries < TRIES; tries += 1) {
    const atMs = performance.now() + POLL_MS;
    await sleep(POLL_MS);
    lateMs = performance.now() - atMs;
  }
}

/** Each desk begins with another grape, like desks on several hosts. */
function countedDesk(grapes: readonly string[], broadcastKey: string): Desk {
  const first = (process.pid + started++) % grapes.length;
  const options = { grapes: [...grapes.slice(first), ...grapes.slice(0, first)], broadcastKey };
  return composeDesk(options, { journal: (same) => same, refused: () => undefined, network: counted }).desk;
}

function counted(network: Network): Network {
  return {
    start: (handler) => network.start(handler),
    request: (...request) => {
      messages += 1;
      return network.request(...request);
    },
    broadcast: async (...broadcast) => {
      const result = await network.broadcast(...broadcast);
      messages += result.reached.length + result.unreached.length;
      return result;
    },
    stop: () => network.stop(),
  };
}

function collectedHeap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function measure(): Measures {
  const heapBytes = collectedHeap() - heapAtStart;
  const { user, system } = process.cpuUsage();
  const { rss } = process.memoryUsage();
  const delayP99Ms = delay.percentile(99) / 1e6;
  delay.reset();
  return {
    desks: desks.length,
    cpuMs: (user + system) / 1_000,
    heapBytes,
    rssBytes: rss,
    messages,
    handles: readdirSync('/proc/self/fd').length,
    delayP99Ms,
    books: desks.map((desk) => desk.offers().filter(({ role, phase }) => role === 'taker' && phase === 'seen').length),
    peersKnown: desks.map((desk) => desk.peers().length),
  };
}
