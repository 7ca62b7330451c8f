/**
 * How long a late comer takes until it has the whole book: desks in one process, on embedded grapes and free ports of
 * loopback, some open offers of each, and then one more desk. Told apart from offers that are merely announced again: those
 * come from now on at most once in half a minute.
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
import { deskIdOf } from '../src/identity/key-file.ts';
import { silentLog, startGrapes } from '../src/index.ts';
import type { BroadcastResult, Network, RequestHandler, RequestOptions, RequestResult } from '../src/ports/network.ts';
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

/** Offers are announced again after 2, 4, 8, 16 s, and then at longer and longer intervals. */
const UNTIL_QUIET_MS = 20_000;
const PATIENCE_MS = 60_000;
/** Started side by side: all at once would measure how busy the machine can be. */
const STARTED_TOGETHER = 10;

interface Counts {
  hellos: number;
  helloAnswers: number;
  lists: number;
  others: number;
}

const sent: Counts = { hellos: 0, helloAnswers: 0, lists: 0, others: 0 };

/** Counts each message to each addressee. */
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

  async broadcast(payload: unknown): Promise<BroadcastResult> {
    const result = await this.#network.broadcast(payload);
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

/** When all offers were in its book, in milliseconds after the clock says `since`. */
async function bookComplete(desk: Desk, since: number): Promise<number> {
  const deadline = performance.now() + PATIENCE_MS;
  while (openOffers(desk) < offerCount) {
    if (performance.now() > deadline) throw new Error(`after a minute ${openOffers(desk).toString()} offers are known`);
    await sleep(5);
  }
  return performance.now() - since;
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

const desks = await startAll();
try {
  for (let made = 0; made < offerCount; made += 1) {
    const draft = { type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: String(8_000 + made) } as const;
    await desks[made % deskCount]?.announce({ ...draft, validForMs: 3_600_000 });
  }
  await sleep(UNTIL_QUIET_MS);
  const known = desks.map((desk) => desk.peers().length);
  console.log(`node ${process.version}; ${deskCount} desks, ${offerCount} open offers, all in one process`);
  console.log(`until then each desk knows ${Math.min(...known)} to ${Math.max(...known)} others; sent:`, { ...sent });
  const timesMs: number[] = [];
  for (let run = 1; run <= runs; run += 1) {
    Object.assign(sent, { hellos: 0, helloAnswers: 0, lists: 0, others: 0 });
    const late = newDesk();
    const calledAt = performance.now();
    await late.start();
    const upAt = performance.now();
    const completeMs = await bookComplete(late, upAt);
    timesMs.push(completeMs);
    const line = `run ${run}: up after ${(upAt - calledAt).toFixed(0)} ms, the whole book ${completeMs.toFixed(0)} ms later; sent by all:`;
    console.log(line, { ...sent });
    await late.stop();
  }
  console.log(`the whole book: median ${median(timesMs).toFixed(0)} ms, longest ${Math.max(...timesMs).toFixed(0)} ms`);
} finally {
  await Promise.all(desks.map((desk) => desk.stop()));
  await grapes.stop();
}
