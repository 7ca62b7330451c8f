/**
 * Embedded grapes: an own DHT in this process. When `startGrapes` resolves, every grape knows every other one, and a
 * lookup at any grape finds an announcement at any other one. So no announcement is lost.
 */
import { randomBytes } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../ports/log.ts';
import { GrapevineError } from '../../protocol/errors.ts';
import { GRENACHE_LIMITS } from '../limits.ts';
import { ANY_HOST, hostOf, isAddress, portOf } from '../discovery/address.ts';
import { HardenedGrape } from './hardened-grape.ts';

export interface GrapesInit {
  readonly count: number;
  /** IPv4 that the DHT binds to (UDP). */
  readonly host: string;
  /** IPv4 that the HTTP APIs bind to. They have no access control, so the default is always 127.0.0.1. */
  readonly apiHost?: string | undefined;
  /** The ports of the first grape; the others use the following ones. 0 uses free ports. */
  readonly dhtPort: number;
  readonly apiPort: number;
  readonly log: Log;
  /** DHT addresses `a.b.c.d:port` of other grapes to join; none by default. */
  readonly bootstrap?: readonly string[];
}

interface GrapeNode {
  readonly dhtPort: number;
  readonly apiPort: number;
}

export interface Grapes {
  /** URLs of the HTTP APIs. */
  readonly api: readonly string[];
  readonly nodes: readonly GrapeNode[];
  /** Closes sockets, connections and timers. Safe to call twice. */
  stop(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const POLL_MS = 10;

/** @throws GrapevineError ERR_USAGE, ERR_PORT_IN_USE, ERR_LISTEN, ERR_GRAPES_NOT_READY; then no grape is left running */
export async function startGrapes(init: GrapesInit): Promise<Grapes> {
  const [host, apiHost] = [ipv4Of(init.host), ipv4Of(init.apiHost ?? LOOPBACK)];
  checkInit({ ...init, host, apiHost });
  const grapes: HardenedGrape[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(grapes.splice(0).map(stopGrape));
  };
  try {
    for (let index = 0; index < init.count; index++) {
      grapes.push(await startGrape({ ...init, host, apiHost }, index, grapes));
    }
    await waitUntilConnected(grapes, contactHost(host), init.bootstrap ?? []);
  } catch (error) {
    await stop();
    throw error;
  }
  const nodes = grapes.map(({ dhtPort, apiPort }) => ({ dhtPort, apiPort }));
  const api = nodes.map(({ apiPort }) => `http://${contactHost(apiHost)}:${apiPort}`);
  return { api, nodes, stop };
}

function checkInit({ count, host, apiHost = LOOPBACK, dhtPort, apiPort, bootstrap = [] }: GrapesInit): void {
  if (!Number.isInteger(count) || count < 1) throw new GrapevineError('ERR_USAGE', 'at least one grape is needed');
  for (const address of [host, apiHost]) {
    if (!isIPv4(address)) throw new GrapevineError('ERR_USAGE', `grapes need an IPv4 host, not ${address}`);
  }
  for (const first of [dhtPort, apiPort]) {
    if (!Number.isInteger(first) || first < 0 || first + count - 1 > 65_535) {
      throw new GrapevineError('ERR_USAGE', `${first} is not a valid port for the first of ${count} grapes`);
    }
  }
  if (!bootstrap.every(isAddress))
    throw new GrapevineError('ERR_USAGE', 'bootstrap addresses have the form a.b.c.d:port');
  if (count === 1 && host === ANY_HOST && bootstrap.length === 0) {
    throw new GrapevineError('ERR_USAGE', 'a single grape needs the host at which others reach it, not 0.0.0.0');
  }
}

async function startGrape(init: GrapesInit, index: number, others: readonly HardenedGrape[]): Promise<HardenedGrape> {
  const { host, bootstrap = [] } = init;
  const grape = new HardenedGrape({
    host,
    apiHost: init.apiHost ?? LOOPBACK,
    dhtPort: init.dhtPort === 0 ? 0 : init.dhtPort + index,
    apiPort: init.apiPort === 0 ? 0 : init.apiPort + index,
    bootstrap: [...bootstrap, ...others.map((other) => `${contactHost(host)}:${other.dhtPort}`)],
    isAlone: init.count === 1 && bootstrap.length === 0,
    log: init.log,
  });
  const failure = await new Promise<unknown>((resolve) => grape.start(resolve));
  if (failure === undefined || failure === null) return grape;
  await stopGrape(grape);
  throw failure instanceof Error ? failure : new GrapevineError('ERR_LISTEN', 'the grape did not start');
}

function stopGrape(grape: HardenedGrape): Promise<void> {
  return new Promise((resolve) => {
    grape.stop(() => resolve());
  });
}

async function waitUntilConnected(grapes: readonly HardenedGrape[], host: string, bootstrap: readonly string[]) {
  const deadline = Date.now() + GRENACHE_LIMITS.grapesReadyTimeoutMs;
  const elsewhere = bootstrap.map((address) => ({ host: hostOf(address), port: portOf(address) }));
  for (;;) {
    for (const grape of grapes) {
      const others = grapes.filter((other) => other !== grape).map((other) => ({ host, port: other.dhtPort }));
      grape.setBootstrap([...elsewhere, ...others]);
    }
    if (knowEachOther(grapes) && (await findEachOther(grapes, host))) return;
    if (Date.now() > deadline) throw new GrapevineError('ERR_GRAPES_NOT_READY', 'the grapes did not find each other');
    await sleep(POLL_MS);
  }
}

function knowEachOther(grapes: readonly HardenedGrape[]): boolean {
  return grapes.every((grape) => {
    const known = grape.knownPorts;
    return grapes.every((other) => other === grape || known.includes(other.dhtPort));
  });
}

/** Each grape uses a new key: a grape caches for minutes which nodes it has asked about a key. */
async function findEachOther(grapes: readonly HardenedGrape[], host: string): Promise<boolean> {
  const found = grapes.map(async (grape) => {
    const key = `grapevine-probe-${randomBytes(8).toString('hex')}`;
    const announced = await new Promise((resolve) => {
      grape.announce(key, grape.apiPort, (error) => resolve(!error));
    });
    if (announced !== true) return false;
    const others = grapes.length === 1 ? grapes : grapes.filter((other) => other !== grape);
    const lookups = await Promise.all(others.map((other) => lookup(other, key)));
    return lookups.every((addresses) => addresses.includes(`${host}:${grape.apiPort}`));
  });
  return (await Promise.all(found)).every(Boolean);
}

function lookup(grape: HardenedGrape, key: string): Promise<readonly unknown[]> {
  return new Promise((resolve) => {
    grape.lookup(key, (_error, addresses) => resolve(Array.isArray(addresses) ? addresses : []));
  });
}

function ipv4Of(host: string): string {
  return host === 'localhost' ? LOOPBACK : host;
}

/** The address at which programs on this machine reach a socket that is bound to `host`. */
function contactHost(host: string): string {
  return host === ANY_HOST ? LOOPBACK : host;
}
