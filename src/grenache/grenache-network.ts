/** The Network on a Grape DHT and Grenache RPC: connects the parts of this folder. */
import type { Log } from '../ports/log.ts';
import type {
  BroadcastOptions,
  BroadcastResult,
  Network,
  RequestHandler,
  RequestOptions,
  RequestResult,
  ServiceKind,
} from '../ports/network.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';
import { isAddress, portOf } from './discovery/address.ts';
import type { Announcer } from '../transport/announcer.ts';
import { Broadcaster } from '../transport/broadcaster.ts';
import { NetworkLifecycle } from '../transport/network-lifecycle.ts';
import { Receiver } from '../transport/receiver.ts';
import { relayKeyOf } from '../transport/relay-key.ts';
import { DirectSender } from './direct-sender.ts';
import { Discovery } from './discovery/discovery.ts';
import { NetworkPolicy } from './discovery/network-policy.ts';
import { JsonText } from './rpc/json-text.ts';
import { RpcClient } from './rpc/rpc-client.ts';
import { RpcServer } from './rpc/rpc-server.ts';
import type { ReplyHandler, RequestDetails } from './rpc/rpc-server-transport.ts';

/** Shortened by tests; the defaults are in `limits.ts`. */
interface NetworkTimeouts {
  readonly requestTimeoutMs?: number;
  readonly grapeTimeoutMs?: number;
  readonly lookupCacheMs?: number;
  readonly stopGraceMs?: number;
}

export interface GrenacheNetworkInit {
  /** The service that only this desk announces. */
  readonly deskId: string;
  /** The service that all desks announce. */
  readonly broadcastKey: string;
  /** URLs of the HTTP APIs of one or more grapes; if one is down, the next one is used. */
  readonly grapes: readonly string[];
  /** IPv4 to listen on. */
  readonly host: string;
  /** 0 uses a free port. */
  readonly port: number;
  /** The port at which others reach this desk, if it is not `port`. */
  readonly announcePort?: number | undefined;
  /** Whether the desk is in another network as well, and relays sealed messages. */
  readonly isRelay?: boolean | undefined;
  readonly log: Log;
  /** The addresses that we may connect to; only loopback by default. */
  readonly policy?: NetworkPolicy | undefined;
  readonly timeouts?: NetworkTimeouts | undefined;
}

const HTTP_PORT = '80';

export class GrenacheNetwork implements Network {
  readonly #init: GrenacheNetworkInit;
  readonly #policy: NetworkPolicy;
  readonly #discovery: Discovery;
  readonly #server: RpcServer;
  readonly #client: RpcClient;
  readonly #direct: DirectSender;
  readonly #broadcaster: Broadcaster;
  #announcer: Announcer | null = null;
  #announcedPort = 0;
  #ownAddresses: ReadonlySet<string> = new Set();
  readonly #lifecycle = new NetworkLifecycle(() => this.#shutDown());

  /** @throws GrapevineError ERR_USAGE without a valid grape URL */
  constructor(init: GrenacheNetworkInit) {
    const { log, host, grapes, broadcastKey, timeouts = {} } = init;
    this.#init = init;
    const policy = init.policy ?? new NetworkPolicy({ scope: 'local', log });
    this.#policy = policy;
    this.#discovery = new Discovery({ grapes, log, policy, ...timeouts });
    forbidGrapeApis(grapes, policy);
    const link = this.#discovery.link();
    this.#server = new RpcServer(link, { host, log, stopGraceMs: timeouts.stopGraceMs });
    this.#client = new RpcClient(link, { policy });
    this.#direct = new DirectSender({
      discovery: this.#discovery,
      call: (address, key, payload, options) => this.#client.transport(address).call(key, payload, options),
      broadcastKey,
      timeoutMs: timeouts.requestTimeoutMs,
    });
    const timeoutMs = timeouts.requestTimeoutMs ?? TRANSPORT_LIMITS.requestTimeoutMs;
    this.#broadcaster = new Broadcaster({
      lookup: () => this.#lookupAll(broadcastKey),
      send: (address, payload, once) =>
        this.#client.transport(address).call(broadcastKey, payload, { timeoutMs, once }),
      isOwn: (address) => this.#ownAddresses.has(address),
      addressOf: (peer) => this.#direct.addressOf(peer),
    });
  }

  /** @throws GrapevineError as {@link Network.start}, and ERR_WRONG_STATE when called twice */
  start(handler: RequestHandler): Promise<{ readonly port: number }> {
    return this.#lifecycle.start(() => this.#start(handler));
  }

  async #start(handler: RequestHandler): Promise<{ readonly port: number }> {
    this.#client.init();
    this.#server.init();
    const transport = this.#server.transport('server');
    const receiver = new Receiver(handler, this.#init.log);
    transport.on(
      'request',
      (_rid, key: string, payload: unknown, reply: ReplyHandler, _certificate, { from }: RequestDetails) =>
        this.#receive(receiver, key, { payload, from }, reply),
    );
    transport.listen(this.#init.port);
    const port = await transport.listening;
    this.#lifecycle.assertNotStopped();
    await this.#becomeVisible(this.#init.announcePort ?? port);
    return { port };
  }

  /** For a broadcast, it is no error if the policy refuses all addresses. */
  async #lookupAll(key: string): Promise<readonly string[]> {
    try {
      return await this.#discovery.lookup(key);
    } catch (error) {
      if (error instanceof GrapevineError && error.code === 'ERR_ADDRESS_REFUSED') return [];
      throw error;
    }
  }

  async #becomeVisible(announcedPort: number): Promise<void> {
    const { deskId, broadcastKey, isRelay = false } = this.#init;
    const keys = [deskId, broadcastKey, ...(isRelay ? [relayKeyOf(broadcastKey)] : [])];
    this.#announcedPort = announcedPort;
    this.#announcer = this.#discovery.startAnnouncing(keys, announcedPort, (key, addresses) => {
      if (key === deskId) this.#setOwnAddresses(addresses);
      if (key === broadcastKey) this.#broadcaster.setKnownAddresses(this.#policy.select(addresses));
    });
    await this.#announcer.visible;
  }

  /** A grape stores the host that it received our announcement from, which we can't know ourselves. */
  #setOwnAddresses(addresses: readonly string[]): void {
    this.#ownAddresses = new Set(addresses.filter((address) => portOf(address) === this.#announcedPort));
  }

  #receive(
    receiver: Receiver,
    key: string,
    request: { readonly payload: unknown; readonly from: string },
    handler: ReplyHandler,
  ): void {
    const service = this.#serviceOf(key);
    if (service === null) {
      handler.reply('ERR_WRONG_DESK: another desk is meant; look it up again');
      return;
    }
    const reply = receiver.receive({ service, ...request });
    if (reply instanceof Promise) {
      void reply.then(({ error, result }) => handler.reply(error, result));
    } else handler.reply(reply.error, reply.result);
  }

  #serviceOf(key: string): ServiceKind | null {
    const { deskId, broadcastKey, isRelay = false } = this.#init;
    if (key === deskId) return 'direct';
    if (key === broadcastKey) return 'broadcast';
    return isRelay && key === relayKeyOf(broadcastKey) ? 'relay' : null;
  }

  request(to: string, payload: unknown, options: RequestOptions = {}): Promise<RequestResult> {
    const name = options.service === 'relay' ? relayKeyOf(this.#init.broadcastKey) : to;
    return this.#lifecycle.request(() => this.#direct.send(name, payload, options));
  }

  broadcast(payload: unknown, options?: BroadcastOptions): Promise<BroadcastResult> {
    if (!this.#lifecycle.isRunning) return Promise.resolve({ reached: [], unreached: [] });
    return this.#broadcaster.broadcast(new JsonText(payload), options);
  }

  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  async #shutDown(): Promise<void> {
    this.#announcer?.stop();
    this.#broadcaster.stop();
    // Our own requests end first, so that handlers that wait for them can still answer.
    await Promise.all([this.#discovery.stop(), this.#client.close()]);
    await this.#server.close();
  }
}

/** A peer that announces the port of a grape must not make us send requests to its API. */
function forbidGrapeApis(grapes: readonly string[], policy: NetworkPolicy): void {
  for (const url of grapes) {
    const { hostname, port } = new URL(url);
    const address = `${hostname === 'localhost' ? '127.0.0.1' : hostname}:${port === '' ? HTTP_PORT : port}`;
    if (isAddress(address)) policy.forbid(address);
  }
}
