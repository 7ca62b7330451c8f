/**
 * The Network on hyperdht: the address of a desk is its public key. Streams are encrypted and authenticated, and get
 * through most routers. All desks announce one topic, the hash of the name of the shared service.
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
} from '../ports/network.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';
import { Announcer } from '../transport/announcer.ts';
import { Broadcaster } from '../transport/broadcaster.ts';
import { NetworkLifecycle, STOPPING } from '../transport/network-lifecycle.ts';
import { Receiver } from '../transport/receiver.ts';
import { listenError } from '../transport/listen-error.ts';
import { relayKeyOf } from '../transport/relay-key.ts';
import { isDeskId } from '../wire/desk-id.ts';
import { parseBootstrap, type DhtAddress } from './dht-address.ts';
import { loadHyperdht } from './load-hyperdht.ts';
import { PeerStream } from './peer-stream.ts';
import { StreamGate } from './stream-gate.ts';
import { StreamPool } from './stream-pool.ts';

/** Shortened by tests; the defaults are in `limits.ts`. */
interface HyperdhtTimeouts {
  readonly requestTimeoutMs?: number;
  readonly openTimeoutMs?: number;
  readonly stopGraceMs?: number;
}

export interface HyperdhtNetworkInit {
  /** The ed25519 key of the desk, 32 bytes each. The public key is the id of the desk. */
  readonly publicKey: Buffer;
  readonly seed: Buffer;
  /** The name of the service that all desks share. */
  readonly broadcastKey: string;
  /** `host:port` of at least one DHT node; there is no default. */
  readonly bootstrap: readonly string[];
  /** IPv4 to bind to; 127.0.0.1 reaches only this machine. */
  readonly host: string;
  /** UDP; 0 uses a free port. */
  readonly port: number;
  /** Whether the desk is in another network as well, and relays sealed messages. */
  readonly isRelay?: boolean | undefined;
  readonly log: Log;
  readonly timeouts?: HyperdhtTimeouts | undefined;
}

/** The parts that exist after a successful start. */
interface Running {
  readonly node: HyperDHT;
  readonly server: HyperDHT.Server;
  readonly receiver: Receiver;
  readonly pool: StreamPool;
  readonly announcer: Announcer;
}

type SendOptions = Required<Pick<RequestOptions, 'service' | 'timeoutMs'>>;

const TOPIC_DOMAIN = 'grapevine/1 ';
const POLL_MS = 10;
const NO_RELAY: Reply = { error: 'ERR_WRONG_DESK: this desk is not a relay', result: null };

export class HyperdhtNetwork implements Network {
  readonly #init: HyperdhtNetworkInit;
  readonly #bootstrap: readonly DhtAddress[];
  readonly #keyPair: HyperDHT.KeyPair;
  readonly #ownId: string;
  readonly #topic: Buffer;
  /** The topic of desks that are in other networks as well. */
  readonly #relayTopic: Buffer;
  readonly #ownTopics: readonly Buffer[];
  readonly #broadcaster: Broadcaster;
  #node: HyperDHT | null = null;
  #running: Running | null = null;
  readonly #lifecycle = new NetworkLifecycle(() => this.#shutDown());

  /** @throws GrapevineError ERR_USAGE without a valid bootstrap address */
  constructor(init: HyperdhtNetworkInit) {
    const { publicKey, seed, broadcastKey, bootstrap } = init;
    this.#init = init;
    this.#bootstrap = parseBootstrap(bootstrap);
    this.#keyPair = { publicKey, secretKey: Buffer.concat([seed, publicKey]) };
    this.#ownId = publicKey.toString('hex');
    this.#topic = topicOf(broadcastKey);
    this.#relayTopic = topicOf(relayKeyOf(broadcastKey));
    this.#ownTopics = init.isRelay === true ? [this.#topic, this.#relayTopic] : [this.#topic];
    this.#broadcaster = new Broadcaster({
      lookup: () => this.#lookup(this.#topic),
      send: (peer, payload, isBrief) => this.#sendBroadcast(peer, payload, isBrief),
      isOwn: (peer) => peer === this.#ownId,
      addressOf: (peer) => peer,
    });
  }

  /** @throws GrapevineError as {@link Network.start}, and ERR_WRONG_STATE when called twice, ERR_NOT_INSTALLED */
  start(handler: RequestHandler): Promise<{ readonly port: number }> {
    return this.#lifecycle.start(async () => {
      try {
        return await this.#start(handler);
      } catch (error) {
        throw listenError(error, `UDP port ${this.#init.port} on ${this.#init.host}`);
      }
    });
  }

  async #start(handler: RequestHandler): Promise<{ readonly port: number }> {
    const { host, port, log } = this.#init;
    const Node = await loadHyperdht();
    this.#lifecycle.assertNotStopped();
    const node = new Node({
      bootstrap: this.#bootstrap,
      host,
      port: port === 0 ? [0, 0] : [port, port + 1],
      anyPort: port === 0,
      keyPair: this.#keyPair,
    });
    this.#node = node;
    await node.fullyBootstrapped();
    this.#lifecycle.assertNotStopped();
    const receiver = new Receiver(handler, log);
    const pool = this.#openPool(node, receiver);
    const server = node.createServer((stream) => pool.accept(stream));
    await server.listen(this.#keyPair);
    this.#lifecycle.assertNotStopped();
    const announcer = this.#startAnnouncing(node);
    this.#running = { node, server, receiver, pool, announcer };
    await announcer.visible;
    this.#lifecycle.assertNotStopped();
    return { port: node.address()?.port ?? port };
  }

  #startAnnouncing(node: HyperDHT): Announcer {
    const { log, bootstrap } = this.#init;
    return new Announcer({
      announce: async () => {
        await this.#announce(node);
        const peers = await this.#lookup(this.#topic);
        this.#broadcaster.setKnownAddresses(peers);
        // A large lookup is only a part of all desks, which need not include us.
        if (peers.includes(this.#ownId) || peers.length >= TRANSPORT_LIMITS.lookupIsPartFrom) return;
        throw new GrapevineError('ERR_NO_ADDRESS', 'a lookup does not return our announcement');
      },
      onFailure: () => log.write('warn', 'dht.waiting', { bootstrap: [...bootstrap] }),
      onRecovery: () => log.write('info', 'dht.found'),
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
    return this.#lifecycle.request(() => this.#request(to, payload, options));
  }

  async #request(to: string, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    const pool = this.#pool();
    if (pool === null) return STOPPING;
    if (options.service !== 'relay' && !isDeskId(to)) {
      return {
        kind: 'unsent',
        code: 'ERR_NO_ADDRESS',
        text: 'the network hyperdht has only desks with a key, not clients of the original',
      };
    }
    if (options.service === 'relay') return this.#requestViaRelay(pool, payload, options);
    if (options.once === true) return requestOnce(pool, to, payload, this.#withDefaults(options));
    return this.#requestShared(pool, to, payload, options);
  }

  broadcast(payload: unknown, options?: BroadcastOptions): Promise<BroadcastResult> {
    if (this.#pool() === null) return Promise.resolve({ reached: [], unreached: [] });
    return this.#broadcaster.broadcast(payload, options);
  }

  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  /** On the shared stream. If that is lost, retries once on a new one: this request is safe to repeat. */
  async #requestShared(
    pool: StreamPool,
    to: string,
    payload: unknown,
    options: RequestOptions,
  ): Promise<RequestResult> {
    const { service, timeoutMs } = this.#withDefaults(options);
    let wasSent = false;
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const stream = await pool.get(to);
      if (!(stream instanceof PeerStream)) return wasSent ? lost(to) : { kind: 'unsent', ...stream };
      const result = await stream.request(service, payload, timeoutMs);
      if (result !== null) return result;
      wasSent = true;
    }
    return lost(to);
  }

  /** Tries relays one after the other, until the addressee itself has answered. */
  async #requestViaRelay(pool: StreamPool, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    const relays = (await this.#lookup(this.#relayTopic).catch(() => [])).filter((peer) => peer !== this.#ownId);
    let last: RequestResult = {
      kind: 'unsent',
      code: 'ERR_NO_ADDRESS',
      text: 'there is no relay on the network hyperdht',
    };
    for (const relay of relays.slice(0, TRANSPORT_LIMITS.relaysPerRequestMax)) {
      const result = await this.#requestShared(pool, relay, payload, options);
      if (options.isGenuine?.(result) ?? result.kind === 'answer') return result;
      if (result.kind !== 'unsent' || last.kind === 'unsent') last = result;
    }
    return last;
  }

  #announce(node: HyperDHT): Promise<unknown> {
    return Promise.all(this.#ownTopics.map((topic) => node.announce(topic, this.#keyPair).finished()));
  }

  async #sendBroadcast(peer: string, payload: unknown, isBrief: boolean): Promise<RequestResult> {
    const pool = this.#pool();
    if (pool === null) return STOPPING;
    const options = this.#withDefaults({ service: 'broadcast' });
    if (isBrief && !pool.has(peer)) return requestOnce(pool, peer, payload, options);
    return this.#requestShared(pool, peer, payload, options);
  }

  #withDefaults({ service = 'direct', timeoutMs }: RequestOptions): SendOptions {
    return {
      service,
      timeoutMs: timeoutMs ?? this.#init.timeouts?.requestTimeoutMs ?? TRANSPORT_LIMITS.requestTimeoutMs,
    };
  }

  /** The keys of desks that announce the topic; of many desks, a random part. */
  async #lookup(topic: Buffer): Promise<readonly string[]> {
    const peers = new Set<string>();
    for await (const { peers: found } of this.#node?.lookup(topic) ?? []) {
      for (const { publicKey } of found) peers.add(publicKey.toString('hex'));
      if (peers.size >= TRANSPORT_LIMITS.addressesPerLookupMax) break;
    }
    return [...peers].slice(0, TRANSPORT_LIMITS.addressesPerLookupMax);
  }

  #pool(): StreamPool | null {
    return this.#lifecycle.isRunning ? (this.#running?.pool ?? null) : null;
  }

  async #shutDown(): Promise<void> {
    this.#broadcaster.stop();
    const graceMs = this.#init.timeouts?.stopGraceMs ?? TRANSPORT_LIMITS.stopGraceMs;
    if (this.#running !== null) await this.#leaveDht(this.#running, graceMs);
    // Rejects for a node that could not bind.
    await this.#node?.destroy({ force: true }).catch(() => undefined);
  }

  async #leaveDht({ node, server, receiver, pool, announcer }: Running, graceMs: number): Promise<void> {
    announcer.stop();
    // Our own requests end first, so that handlers that wait for them can still answer.
    pool.cancelRequests();
    const endMs = performance.now() + graceMs;
    while (receiver.inProgress > 0 && performance.now() < endMs) await sleep(POLL_MS);
    pool.end();
    // Nodes that are gone must not delay the stop. Their copies of our announcement expire.
    const unannounced = Promise.allSettled([
      ...this.#ownTopics.map((topic) => node.unannounce(topic, this.#keyPair)),
      server.close(),
    ]);
    await Promise.race([unannounced, sleep(graceMs, undefined, { ref: false })]);
    pool.destroy();
  }
}

function topicOf(name: string): Buffer {
  return createHash('sha256').update(`${TOPIC_DOMAIN}${name}`).digest();
}

/** On a new stream: if it can't be opened, certainly nothing was sent. */
async function requestOnce(
  pool: StreamPool,
  to: string,
  payload: unknown,
  { service, timeoutMs }: SendOptions,
): Promise<RequestResult> {
  const stream = await pool.open(to);
  if (!(stream instanceof PeerStream)) return { kind: 'unsent', ...stream };
  const result = await stream.request(service, payload, timeoutMs);
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
