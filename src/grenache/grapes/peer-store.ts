/**
 * The announcements that a grape stores, in place of the store of the DHT library. The library returns all peers of a
 * key: 8,200 announced ports under one name make an answer that fits into no packet, so no peer of that name is found.
 * It also drops the oldest announcements of any host, so one host with many announcements displaces all others. Here the
 * announcements of each host are limited, and an answer takes from each host in turn.
 */
import type DHT from 'bittorrent-dht';
import { GRENACHE_LIMITS } from '../limits.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';
import { hostOf, portOf } from '../discovery/address.ts';
import { isLoopback } from '../discovery/network-policy.ts';

interface Entry {
  readonly key: string;
  /** `host:port` */
  readonly address: string;
  readonly expiresAtMs: number;
}

/** Entries in the order of their announcements. */
type Entries = Map<string, Entry>;

export class PeerStore {
  readonly #maxAgeMs: number;
  readonly #byHost = new Map<string, Entries>();
  /** By key, then host, then address. */
  readonly #byKey = new Map<string, Map<string, Entries>>();
  readonly #sweepTimer: NodeJS.Timeout;
  #size = 0;

  constructor(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs;
    this.#sweepTimer = setInterval(() => this.#removeExpired(), maxAgeMs / 2);
    this.#sweepTimer.unref();
  }

  get size(): number {
    return this.#size;
  }

  add(key: string, address: string): void {
    this.#remove(key, address);
    this.#insert({ key, address, expiresAtMs: performance.now() + this.#maxAgeMs });
    const host = hostOf(address);
    const underKey = this.#byKey.get(key)?.get(host);
    if (underKey !== undefined && underKey.size > portsPerKeyMax(host)) this.#removeOldest(underKey);
    const ofHost = this.#byHost.get(host);
    if (ofHost !== undefined && ofHost.size > announcementsMax(host)) this.#removeOldest(ofHost);
    if (this.#size > GRENACHE_LIMITS.grapeAnnouncementsMax) this.#removeOldest(this.#largest());
  }

  /** Random addresses that announced the key, of as many hosts as possible. */
  get(key: string, max: number = TRANSPORT_LIMITS.addressesPerLookupMax): string[] {
    const nowMs = performance.now();
    const hosts = [...(this.#byKey.get(key)?.values() ?? [])].map((entries) =>
      shuffled([...entries.values()].filter(({ expiresAtMs }) => expiresAtMs > nowMs)),
    );
    return takeInTurn(shuffled(hosts), max).map(({ address }) => address);
  }

  destroy(): void {
    clearInterval(this.#sweepTimer);
    this.#byHost.clear();
    this.#byKey.clear();
    this.#size = 0;
  }

  #insert(entry: Entry): void {
    const host = hostOf(entry.address);
    const hosts = getOrAdd(this.#byKey, entry.key, () => new Map<string, Entries>());
    getOrAdd(hosts, host, () => new Map<string, Entry>()).set(entry.address, entry);
    getOrAdd(this.#byHost, host, () => new Map<string, Entry>()).set(idOf(entry.key, entry.address), entry);
    this.#size++;
  }

  #remove(key: string, address: string): void {
    const host = hostOf(address);
    const ofHost = this.#byHost.get(host);
    if (ofHost?.delete(idOf(key, address)) !== true) return;
    this.#size--;
    if (ofHost.size === 0) this.#byHost.delete(host);
    const hosts = this.#byKey.get(key);
    const underKey = hosts?.get(host);
    underKey?.delete(address);
    if (underKey?.size === 0) hosts?.delete(host);
    if (hosts?.size === 0) this.#byKey.delete(key);
  }

  #removeOldest(entries: Entries): void {
    const [oldest] = entries.values();
    if (oldest !== undefined) this.#remove(oldest.key, oldest.address);
  }

  /** The host with the most announcements makes room, not the oldest announcement. */
  #largest(): Entries {
    let largest: Entries = new Map();
    for (const entries of this.#byHost.values()) if (entries.size > largest.size) largest = entries;
    return largest;
  }

  #removeExpired(): void {
    const nowMs = performance.now();
    for (const entries of this.#byHost.values()) {
      for (const { key, address, expiresAtMs } of entries.values()) {
        if (expiresAtMs <= nowMs) this.#remove(key, address);
      }
    }
  }
}

/** The same for the DHT, which encodes a peer in 6 bytes: IPv4 and port. */
export function compactPeerStore(maxAgeMs: number): DHT['_peers'] {
  const store = new PeerStore(maxAgeMs);
  return {
    add: (key, peer) => store.add(key, `${peer.subarray(0, 4).join('.')}:${peer.readUInt16BE(4)}`),
    get: (key, max) => store.get(key, max).map(compact),
    destroy: () => store.destroy(),
  };
}

function compact(address: string): Buffer {
  const peer = Buffer.from([...hostOf(address).split('.').map(Number), 0, 0]);
  peer.writeUInt16BE(portOf(address), 4);
  return peer;
}

function portsPerKeyMax(host: string): number {
  return isLoopback(host) ? GRENACHE_LIMITS.grapeLoopbackPortsPerKeyMax : GRENACHE_LIMITS.grapePortsPerKeyMax;
}

function announcementsMax(host: string): number {
  return isLoopback(host)
    ? GRENACHE_LIMITS.grapeAnnouncementsOfLoopbackMax
    : GRENACHE_LIMITS.grapeAnnouncementsPerHostMax;
}

function getOrAdd<Value>(map: Map<string, Value>, key: string, create: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}

function idOf(key: string, address: string): string {
  return `${key} ${address}`;
}

function takeInTurn<Item>(queues: readonly (readonly Item[])[], max: number): Item[] {
  const taken: Item[] = [];
  for (let turn = 0; taken.length < max; turn++) {
    const items = queues.flatMap((queue) => queue.slice(turn, turn + 1));
    if (items.length === 0) break;
    taken.push(...items.slice(0, max - taken.length));
  }
  return taken;
}

function shuffled<Item>(items: Item[]): Item[] {
  for (let index = items.length - 1; index > 0; index--) {
    const other = Math.floor(Math.random() * (index + 1));
    const [one, two] = [items[index], items[other]];
    if (one === undefined || two === undefined) continue;
    items[index] = two;
    items[other] = one;
  }
  return items;
}
