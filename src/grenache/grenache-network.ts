/** The Network on a Grape DHT and Grenache RPC: puts the pieces of this folder together, and decides nothing else. */
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

/** What tests shorten; each has its default in LIMITS. */
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
  /** URLs of the HTTP APIs of one or more grapes; the next one is used when one is down. */
  readonly grapes: readonly string[];
  /** IPv4 to listen on. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Where others reach it, if that is another port. */
  readonly announcePort?: number | undefined;
  /** It stands in another network as well: others may ask it to pass on what is sealed. */
  readonly isRelay?: boolean | undefined;
  readonly log: Log;
  /** Where it connects to; loopback alone by default. */
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
  #announcement: Announcer | null = null;
  #announcedPort = 0;
  #ownAddresses: ReadonlySet<string> = new Set();
  readonly #lifecycle = new NetworkLifecycle(() => this.#shutDown());

  /** @throws GrapevineError ERR_USAGE without a usable grape URL */
  constructor(init: GrenacheNetworkInit) {
    const { log, host, grapes, broadcastKey, timeouts = {} } = init;
    this.#init = init;
    const policy = init.policy ?? new NetworkPolicy({ scope: 'local', log });
    this.#policy = policy;
    this.#discovery = new Discovery({ grapes, log, policy, ...timeouts });
    forbidGrapes(grapes, policy);
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

  /** @throws as the port says, and ERR_WRONG_STATE when called again; a network that could not start is stopped */
  start(handler: RequestHandler): Promise<{ readonly port: number }> {
    return this.#lifecycle.start(() => this.#start(handler));
  }

  async #start(handler: RequestHandler): Promise<{ readonly port: number }> {
    this.#client.init();
    this.#server.init();
    const transport = this.#server.transport('server');
    const receiver = new Receiver(handler, this.#init.log);
    transport.on('request', (_rid: unknown, key: string, payload: unknown, reply: ReplyHandler, ...more: unknown[]) => {
      const { from } = more[1] as RequestDetails;
      this.#receive(receiver, key, { payload, from }, reply);
    });
    transport.listen(this.#init.port);
    const port = await transport.listening;
    this.#lifecycle.assertNotStopped();
    await this.#becomeVisible(this.#init.announcePort ?? port);
    return { port };
  }

  /** That all of them are refused is the same as nobody, when it is not one in particular who is looked for. */
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
    this.#announcement = this.#discovery.keepAnnouncing(keys, announcedPort, (key, addresses) => {
      if (key === deskId) this.#learnOwn(addresses);
      if (key === broadcastKey) this.#broadcaster.setKnownAddresses(this.#policy.select(addresses));
    });
    await this.#announcement.visible;
  }

  /** Which addresses are ours is for others to say: they are what a grape saw us announce from. */
  #learnOwn(addresses: readonly string[]): void {
    this.#ownAddresses = new Set(addresses.filter((address) => portOf(address) === this.#announcedPort));
  }

  #receive(
    receiver: Receiver,
    key: string,
    request: { readonly payload: unknown; readonly from: string },
    asker: ReplyHandler,
  ): void {
    const service = this.#serviceOf(key);
    if (service === null) {
      asker.reply('ERR_WRONG_DESK: another desk is meant; look it up again');
      return;
    }
    const reply = receiver.receive({ service, ...request });
    if (reply instanceof Promise) {
      void reply.then(({ error, result }) => asker.reply(error, result));
    } else asker.reply(reply.error, reply.result);
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
    this.#announcement?.stop();
    this.#broadcaster.stop();
    // What we wait for ends first, so that those who wait for us can still be answered.
    await Promise.all([this.#discovery.stop(), this.#client.close()]);
    await this.#server.close();
  }
}

/** A peer that announces a grape's port must not make us talk to that grape's API as if it were a desk. */
function forbidGrapes(grapes: readonly string[], policy: NetworkPolicy): void {
  for (const url of grapes) {
    const { hostname, port } = new URL(url);
    const address = `${hostname === 'localhost' ? '127.0.0.1' : hostname}:${port === '' ? HTTP_PORT : port}`;
    if (isAddress(address)) policy.forbid(address);
  }
}
