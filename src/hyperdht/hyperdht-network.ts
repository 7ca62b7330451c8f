/**
 * The Network on hyperdht: a desk's key is its address, its streams are encrypted and authenticated, and get through most routers.
 * All desks announce one topic, the hash of the shared service's name.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type HyperDHT from 'hyperdht';
import type { Log } from '../ports/log.ts';
import type {
  BroadcastOptions,
  BroadcastResult,
  Network,
  RequestHandler,
  RequestOptions,
  RequestResult,
  Reply,
  ServiceKind,
} from '../ports/network.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';
import { Announcer } from '../transport/announcer.ts';
import { Broadcaster } from '../transport/broadcaster.ts';
import { NetworkLife, STOPPING } from '../transport/network-life.ts';
import { Receiver } from '../transport/receiver.ts';
import { relayKeyOf } from '../transport/relay-key.ts';
import { isDeskId } from '../wire/desk-id.ts';
import { bootstrapOf, type DhtAddress } from './dht-address.ts';
import { listenError } from './listen-error.ts';
import { loadHyperdht } from './load-hyperdht.ts';
import { PeerStream } from './peer-stream.ts';
import { StreamGate } from './stream-gate.ts';
import { StreamPool } from './stream-pool.ts';

/** What tests shorten; each has its default in LIMITS. */
export interface HyperdhtTimeouts {
  readonly requestTimeoutMs?: number;
  readonly openTimeoutMs?: number;
  readonly stopGraceMs?: number;
}

export interface HyperdhtNetworkInit {
  /** The desk's ed25519 key: 32 bytes each. Its public half is the desk's id. */
  readonly publicKey: Buffer;
  readonly seed: Buffer;
  /** Name of the service that all desks share. */
  readonly broadcastKey: string;
  /** `host:port` of nodes of the DHT to begin with: at least one, never public ones by default. */
  readonly bootstrap: readonly string[];
  /** IPv4 to bind to: 127.0.0.1 reaches nobody beyond this machine. */
  readonly host: string;
  /** UDP; 0 takes a free one. */
  readonly port: number;
  /** It stands in another network as well: others may ask it to pass on what is sealed. */
  readonly isRelay?: boolean | undefined;
  readonly log: Log;
  readonly timeouts?: HyperdhtTimeouts | undefined;
}

/** What stands once the node is up. */
interface Running {
  readonly node: HyperDHT;
  readonly server: HyperDHT.Server;
  readonly receiver: Receiver;
  readonly pool: StreamPool;
  readonly announcer: Announcer;
}

const TOPIC_DOMAIN = 'grapevine/1 ';
const NO_RELAY: Reply = { error: 'ERR_WRONG_DESK: this desk passes nothing on', result: null };

export class HyperdhtNetwork implements Network {
  readonly #init: HyperdhtNetworkInit;
  readonly #bootstrap: readonly DhtAddress[];
  readonly #keyPair: HyperDHT.KeyPair;
  readonly #own: string;
  readonly #topic: Buffer;
  /** Of the desks that stand in other networks as well. */
  readonly #relayTopic: Buffer;
  readonly #broadcaster: Broadcaster;
  #node: HyperDHT | null = null;
  #running: Running | null = null;
  readonly #life = new NetworkLife(() => this.#leave());

  /** @throws GrapevineError ERR_USAGE without a usable address to begin with */
  constructor(init: HyperdhtNetworkInit) {
    const { publicKey, seed, broadcastKey, bootstrap } = init;
    this.#init = init;
    this.#bootstrap = bootstrapOf(bootstrap);
    this.#keyPair = { publicKey, secretKey: Buffer.concat([seed, publicKey]) };
    this.#own = publicKey.toString('hex');
    this.#topic = topicOf(broadcastKey);
    this.#relayTopic = topicOf(relayKeyOf(broadcastKey));
    this.#broadcaster = new Broadcaster({
      lookup: () => this.#lookup(this.#topic),
      send: (peer, payload, isBrief) => this.#sendShared(peer, payload, isBrief),
      isOwn: (peer) => peer === this.#own,
      addressOf: (peer) => peer,
    });
  }

  /** @throws as the port says, and ERR_WRONG_STATE when called again, ERR_NOT_INSTALLED; what could not start is stopped */
  start(handler: RequestHandler): Promise<{ readonly port: number }> {
    return this.#life.start(async () => {
      try {
        return await this.#start(handler);
      } catch (error) {
        throw listenError(error, this.#init.host, this.#init.port);
      }
    });
  }

  async #start(handler: RequestHandler): Promise<{ readonly port: number }> {
    const { host, port, log } = this.#init;
    const Node = await loadHyperdht();
    this.#life.assertNotStopped();
    const node = new Node({
      bootstrap: this.#bootstrap,
      host,
      port: port === 0 ? [0, 0] : [port, port + 1],
      anyPort: port === 0,
      keyPair: this.#keyPair,
    });
    this.#node = node;
    await node.fullyBootstrapped();
    this.#life.assertNotStopped();
    const receiver = new Receiver(handler, log);
    const pool = this.#openPool(node, receiver);
    const server = node.createServer((stream) => pool.accept(stream));
    await server.listen(this.#keyPair);
    this.#life.assertNotStopped();
    const announcer = this.#keepAnnouncing(node);
    this.#running = { node, server, receiver, pool, announcer };
    await announcer.visible;
    this.#life.assertNotStopped();
    return { port: node.address()?.port ?? port };
  }

  #keepAnnouncing(node: HyperDHT): Announcer {
    const { log, bootstrap } = this.#init;
    return new Announcer({
      announce: async () => {
        await this.#announce(node);
        const peers = await this.#lookup(this.#topic);
        this.#broadcaster.remember(peers);
        // Of many, a lookup gives a part.
        if (peers.includes(this.#own) || peers.length >= TRANSPORT_LIMITS.lookupIsPartFrom) return;
        throw new GrapevineError('ERR_NO_ADDRESS', 'a lookup does not show us');
      },
      waiting: () => log.write('warn', 'dht.waiting', { bootstrap: [...bootstrap] }),
      found: () => log.write('info', 'dht.found'),
    });
  }

  #openPool(node: HyperDHT, receiver: Receiver): StreamPool {
    return new StreamPool({
      gate: new StreamGate(),
      connect: (peer) => node.connect(peer),
      openTimeoutMs: this.#init.timeouts?.openTimeoutMs,
      onRequest: async (service, payload, from) => {
        if (service === 'relay' && this.#init.isRelay !== true) return NO_RELAY;
        return receiver.receive({ service, payload, from });
      },
    });
  }

  request(to: string, payload: unknown, options: RequestOptions = {}): Promise<RequestResult> {
    return this.#life.request(() => this.#request(to, payload, options));
  }

  async #request(to: string, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    const pool = this.#pool();
    if (pool === null) return STOPPING;
    if (options.service !== 'relay' && !isDeskId(to)) {
      return {
        kind: 'unsent',
        code: 'ERR_NO_ADDRESS',
        text: 'on the network hyperdht there are only desks with a key',
      };
    }
    if (options.service === 'relay') return this.#askRelay(pool, payload, options);
    if (options.once === true) return askOnce(pool, to, payload, this.#timed(options));
    return this.#ask(pool, to, payload, options);
  }

  broadcast(payload: unknown, options?: BroadcastOptions): Promise<BroadcastResult> {
    if (this.#pool() === null) return Promise.resolve({ reached: [], unreached: [] });
    return this.#broadcaster.broadcast(payload, options);
  }

  stop(): Promise<void> {
    return this.#life.stop();
  }

  /** On the stream that stands; when that is lost, once more on a new one, because to repeat it is harmless. */
  async #ask(pool: StreamPool, to: string, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    const { service, timeoutMs } = this.#timed(options);
    let wasSent = false;
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const stream = await pool.get(to);
      if (!(stream instanceof PeerStream)) return wasSent ? lost(to) : { kind: 'unsent', ...stream };
      const result = await stream.ask(service, payload, timeoutMs);
      if (result !== null) return result;
      wasSent = true;
    }
    return lost(to);
  }

  /** One after the other, until one brings the answer of the desk that was meant. */
  async #askRelay(pool: StreamPool, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    const relays = (await this.#lookup(this.#relayTopic).catch(() => [])).filter((peer) => peer !== this.#own);
    let last: RequestResult = { kind: 'unsent', code: 'ERR_NO_ADDRESS', text: 'nobody relays here' };
    for (const relay of relays.slice(0, TRANSPORT_LIMITS.relaysPerRequestMax)) {
      const result = await this.#ask(pool, relay, payload, options);
      if (options.isGenuine?.(result) ?? result.kind === 'answer') return result;
      if (result.kind !== 'unsent' || last.kind === 'unsent') last = result;
    }
    return last;
  }

  #announce(node: HyperDHT): Promise<unknown> {
    const topics = this.#init.isRelay === true ? [this.#topic, this.#relayTopic] : [this.#topic];
    return Promise.all(topics.map((topic) => node.announce(topic, this.#keyPair).finished()));
  }

  async #sendShared(peer: string, payload: unknown, isBrief: boolean): Promise<RequestResult> {
    const pool = this.#pool();
    if (pool === null) return STOPPING;
    const options = { service: 'broadcast', timeoutMs: TRANSPORT_LIMITS.broadcastTimeoutMs } as const;
    if (isBrief && !pool.has(peer)) return askOnce(pool, peer, payload, options);
    return this.#ask(pool, peer, payload, options);
  }

  #timed({ service = 'direct', timeoutMs }: RequestOptions): {
    readonly service: ServiceKind;
    readonly timeoutMs: number;
  } {
    return {
      service,
      timeoutMs: timeoutMs ?? this.#init.timeouts?.requestTimeoutMs ?? TRANSPORT_LIMITS.requestTimeoutMs,
    };
  }

  /** Keys of a random part of those who announce the topic. */
  async #lookup(topic: Buffer): Promise<readonly string[]> {
    const peers = new Set<string>();
    for await (const { peers: some } of this.#node?.lookup(topic) ?? []) {
      for (const { publicKey } of some) peers.add(publicKey.toString('hex'));
      if (peers.size >= TRANSPORT_LIMITS.addressesPerLookupMax) break;
    }
    return [...peers].slice(0, TRANSPORT_LIMITS.addressesPerLookupMax);
  }

  #pool(): StreamPool | null {
    return this.#life.isUp ? (this.#running?.pool ?? null) : null;
  }

  async #leave(): Promise<void> {
    this.#broadcaster.stop();
    const graceMs = this.#init.timeouts?.stopGraceMs ?? TRANSPORT_LIMITS.stopGraceMs;
    if (this.#running !== null) await this.#leaveDht(this.#running, graceMs);
    // Also rejects for a node that could not bind.
    await this.#node?.destroy({ force: true }).catch(() => undefined);
  }

  async #leaveDht({ node, server, receiver, pool, announcer }: Running, graceMs: number): Promise<void> {
    announcer.stop();
    // What we wait for ends first, so that those who wait for us can still be answered.
    pool.stopAsking();
    const endMs = performance.now() + graceMs;
    while (receiver.inProgress > 0 && performance.now() < endMs) await sleep(POLL_MS);
    pool.end();
    // Nodes that are gone must not hold up our end: what they remember of us ends by itself.
    const unannounced = Promise.allSettled([
      node.unannounce(this.#topic, this.#keyPair),
      ...(this.#init.isRelay === true ? [node.unannounce(this.#relayTopic, this.#keyPair)] : []),
      server.close(),
    ]);
    await Promise.race([unannounced, sleep(graceMs, undefined, { ref: false })]);
    pool.destroy();
  }
}

function topicOf(name: string): Buffer {
  return createHash('sha256').update(`${TOPIC_DOMAIN}${name}`).digest();
}

const POLL_MS = 10;

/** On a stream of its own: that none could be opened is certain to have carried nothing. */
async function askOnce(
  pool: StreamPool,
  to: string,
  payload: unknown,
  { service, timeoutMs }: { readonly service: ServiceKind; readonly timeoutMs: number },
): Promise<RequestResult> {
  const stream = await pool.open(to);
  if (!(stream instanceof PeerStream)) return { kind: 'unsent', ...stream };
  const result = await stream.ask(service, payload, timeoutMs);
  stream.end();
  return result ?? lost(to);
}

function lost(to: string): RequestResult {
  return {
    kind: 'unknown',
    code: 'ERR_CONNECTION_LOST',
    text: `the stream to ${to.slice(0, 8)} ended without an answer`,
  };
}
