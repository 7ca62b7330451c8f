/**
 * How long a new desk takes until it has the whole book. All desks run in one process, on embedded grapes and free loopback ports, and
 * have some open offers. Then one more desk starts. By then, offers are announced again too seldom to help it.
 *
 *   npx tsx bench/late-comer.ts [--desks 50] [--offers 200] [--runs 5]
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Desk } from '../src/desk/desk.ts';
import { GrenacheNetwork } from '../src/grenache/grenache-network.ts';
import { systemClock } from '../src/host/system-clock.ts';
import { systemRandomness } from '../src/host/system-randomness.ts';
import { DeskIdentity } from '../src/identity/desk-identity.ts';
import { ed25519Scheme } from '../src/identity/ed25519.ts';
import { deskIdOf } from '../src/identity/desk-id.ts';
import { silentLog, startGrapes } from '../src/index.ts';
import type {
  BroadcastOptions,
  BroadcastResult,
  Network,
  RequestHandler,
  RequestOptions,
  RequestResult,
} from '../src/ports/network.ts';
import { MemoryJournal } from '../src/store/memory-journal.ts';
import { median } from './statistics.ts';

const { values } = parseArgs({
  options: {
    desks: { type: 'string', default: '50' },
    offers: { type: 'string', default: '200' },
    runs: { type: 'string', default: '5' },
  },
});
const deskCount = Number(values.desks);
const offerCount = Number(values.offers);
const runs = Number(values.runs);

/** Offers are announced again after up to 2, 4, 8, 16 and 32 s, and then at most once a minute. */
const UNTIL_QUIET_MS = 64_000;
const PATIENCE_MS = 60_000;
/** The desks that start at the same time. A start of all together would measure the load of the machine. */
const STARTED_TOGETHER = 10;

interface Counts {
  hellos: number;
  helloAnswers: number;
  lists: number;
  others: number;
}

const sent: Counts = { hellos: 0, helloAnswers: 0, lists: 0, others: 0 };

/** Counts each message to each receiver. */
class CountingNetwork implements Network {
  readonly #network: Network;

  constructor(network: Network) {
    this.#network = network;
  }

  start(handler: RequestHandler): Promise<{ readonly port: number }> {
    return this.#network.start(handler);
  }

  request(to: string, payload: unknown, options?: RequestOptions): Promise<RequestResult> {
    const { cmd } = payload as { cmd: string };
    if (cmd === 'desk:hello') sent.helloAnswers += 1;
    else if (cmd === 'offer:list') sent.lists += 1;
    else sent.others += 1;
    return this.#network.request(to, payload, options);
  }

  async broadcast(payload: unknown, options?: BroadcastOptions): Promise<BroadcastResult> {
    const result = await this.#network.broadcast(payload, options);
    const count = result.reached.length + result.unreached.length;
    if ((payload as { cmd: string }).cmd === 'desk:hello') sent.hellos += count;
    else sent.others += count;
    return result;
  }

  stop(): Promise<void> {
    return this.#network.stop();
  }
}

const grapes = await startGrapes({ count: 3, host: '127.0.0.1', dhtPort: 0, apiPort: 0, log: silentLog });
const broadcastKey = `bench-${randomBytes(6).toString('hex')}`;

function newDesk(): Desk {
  const { privateKey } = generateKeyPairSync('ed25519');
  const id = deskIdOf(privateKey);
  const nonce = (): string => systemRandomness.hex(16);
  const identity = new DeskIdentity({ id, scheme: ed25519Scheme(privateKey), trust: 'signed', nonce });
  const place = { deskId: id, broadcastKey, grapes: grapes.api, host: '127.0.0.1', port: 0 };
  const network = new CountingNetwork(new GrenacheNetwork({ ...place, log: silentLog }));
  const machine = { clock: systemClock, randomness: systemRandomness, log: silentLog };
  return new Desk({ identity, network, journal: new MemoryJournal(), ...machine });
}

/** @returns milliseconds from `since`, a time of `performance` */
async function until(isSo: () => boolean, since: number, what: string): Promise<number> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`not after a minute: ${what}`);
    await sleep(5);
  }
  return performance.now() - since;
}

/** The counts since the last call. */
function takeCounts(): Counts {
  const counts = { ...sent };
  Object.assign(sent, { hellos: 0, helloAnswers: 0, lists: 0, others: 0 });
  return counts;
}

function openOffers(desk: Desk): number {
  return desk.peers().reduce((sum, { openOffers: count }) => sum + count, 0);
}

async function startAll(): Promise<readonly Desk[]> {
  const desks = Array.from({ length: deskCount }, newDesk);
  for (let first = 0; first < deskCount; first += STARTED_TOGETHER) {
    await Promise.all(desks.slice(first, first + STARTED_TOGETHER).map((desk) => desk.start()));
  }
  return desks;
}

console.log(`node ${process.version}; ${deskCount} desks, ${offerCount} open offers, all in one process`);
const startedAt = performance.now();
const desks = await startAll();
try {
  const upAt = performance.now();
  const metMs = await until(
    () => desks.every((desk) => desk.peers().length === deskCount - 1),
    upAt,
    'all know each other',
  );
  const upMs = (upAt - startedAt).toFixed(0);
  console.log(`all up after ${upMs} ms, and know each other ${metMs.toFixed(0)} ms later; sent by all:`, takeCounts());
  for (let made = 0; made < offerCount; made += 1) {
    const draft = { type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: String(8_000 + made) } as const;
    await desks[made % deskCount]?.announce({ ...draft, validForMs: 3_600_000 });
  }
  await sleep(UNTIL_QUIET_MS);
  console.log(`${UNTIL_QUIET_MS / 1_000} s in which all offers were made and announced; sent by all:`, takeCounts());
  const timesMs: number[] = [];
  for (let run = 1; run <= runs; run += 1) {
    takeCounts();
    const late = newDesk();
    const calledAt = performance.now();
    await late.start();
    const lateUpAt = performance.now();
    const completeMs = await until(
      () => openOffers(late) === offerCount,
      lateUpAt,
      'the late comer has the whole book',
    );
    timesMs.push(completeMs);
    const lateUpMs = (lateUpAt - calledAt).toFixed(0);
    const figures = `up after ${lateUpMs} ms, the whole book ${completeMs.toFixed(0)} ms later`;
    console.log(`late comer ${run}: ${figures}; sent by all:`, takeCounts());
    await late.stop();
  }
  console.log(`the whole book: median ${median(timesMs).toFixed(0)} ms, longest ${Math.max(...timesMs).toFixed(0)} ms`);
} finally {
  await Promise.all(desks.map((desk) => desk.stop()));
  await grapes.stop();
}
