/**
 * Joins several networks, so that one desk is in all of them under one id. A broadcast goes to all networks, a request to
 * the network of the addressee. The desk is also a relay: it forwards sealed messages between desks of different
 * networks. It can't read or forge them. It can lose them, as every network can.
 *
 * There are no loops: a relay forwards a request once, only to networks other than the one it arrived on, and never to
 * another relay.
 */
import type {
  BroadcastOptions,
  BroadcastResult,
  IncomingRequest,
  Network,
  Reply,
  RequestHandler,
  RequestOptions,
  RequestResult,
} from '../ports/network.ts';
import { ConcurrencyLimiter } from './concurrency-limiter.ts';
import { memoryRateLimit } from './fixed-window-counter.ts';
import { TRANSPORT_LIMITS } from './limits.ts';
import { RecentMap } from './recent-map.ts';

export interface JoinedNetworkInit {
  /** The first one is tried first, and its port is the port of the desk. */
  readonly networks: readonly Network[];
  /** The desk that a payload is sealed to; null if it is not sealed. */
  readonly destinationOf: (payload: unknown) => string | null;
}

const NOBODY: RequestResult = { kind: 'unsent', code: 'ERR_NO_ADDRESS', text: 'nobody announces this desk' };

export class JoinedNetwork implements Network {
  readonly #networks: readonly Network[];
  readonly #destinationOf: JoinedNetworkInit['destinationOf'];
  /** The network in which each desk answered last. */
  readonly #lastNetwork = new RecentMap<string, Network>(TRANSPORT_LIMITS.homesMax);
  readonly #relayLimiter = new ConcurrencyLimiter({ concurrency: TRANSPORT_LIMITS.relaysAtOnce, waitingMax: 0 });
  readonly #hostLimit = memoryRateLimit(TRANSPORT_LIMITS.relayedPerHostPerMinute, Infinity);

  constructor({ networks, destinationOf }: JoinedNetworkInit) {
    this.#networks = networks;
    this.#destinationOf = destinationOf;
  }

  async start(handler: RequestHandler): Promise<{ readonly port: number }> {
    const starting = this.#networks.map((network, index) =>
      network.start((request) =>
        request.service === 'relay' ? this.#relay(network, request) : handler({ ...request, network: index }),
      ),
    );
    try {
      const [first = { port: 0 }] = await Promise.all(starting);
      return first;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /**
   * Tries the network in which the desk answered last, then the others. Stops at an answer, and after a `once` request
   * that may have been received.
   */
  async request(to: string, payload: unknown, options: RequestOptions = {}): Promise<RequestResult> {
    // We are in all networks of the relays, so another relay reaches no more desks than we do.
    if (options.service === 'relay') return NOBODY;
    const last = this.#lastNetwork.get(to);
    const { once = false, isGenuine = isAnswer } = options;
    let best: RequestResult | null = null;
    for (const network of last === undefined ? this.#networks : [last, ...this.#networksBut(last)]) {
      // An address is valid in one network only.
      const result = await network.request(to, payload, { ...options, at: undefined });
      if (isGenuine(result)) {
        this.#lastNetwork.set(to, network);
        return result;
      }
      // "May have been received" in one network outweighs "certainly not received" in another.
      if (best === null || best.kind === 'unsent') best = result;
      if (once && result.kind !== 'unsent') break;
    }
    return best ?? NOBODY;
  }

  async broadcast(payload: unknown, options: BroadcastOptions = {}): Promise<BroadcastResult> {
    const { select, onAnswer } = options;
    const results = await Promise.all(
      this.#networks.map((network, index) =>
        network.broadcast(payload, {
          ...options,
          ...(select && { select: (addresses) => select(addresses, index) }),
          ...(onAnswer && { onAnswer: (address, result) => onAnswer(address, result, index) }),
        }),
      ),
    );
    return {
      reached: results.flatMap(({ reached }) => reached),
      unreached: results.flatMap(({ unreached }) => unreached),
    };
  }

  async stop(): Promise<void> {
    this.#relayLimiter.stop();
    await Promise.all(this.#networks.map((network) => network.stop()));
  }

  #relay(from: Network, request: IncomingRequest): Reply | Promise<Reply> {
    const to = this.#destinationOf(request.payload);
    if (to === null) return { error: 'ERR_NOT_SEALED: only what is sealed to a desk is passed on', result: null };
    if (!this.#hostLimit.take(hostOf(request.from))) {
      return { error: 'ERR_RATE_LIMITED: too much to pass on; try again in a minute', result: null };
    }
    const relayed = this.#relayLimiter.run(() => this.#forward(from, to, request.payload));
    return relayed ?? { error: 'ERR_OVERLOADED: too much is being passed on', result: null };
  }

  async #forward(from: Network, to: string, payload: unknown): Promise<Reply> {
    let reply: Reply = { error: 'ERR_NO_ADDRESS: nobody announces this desk', result: null };
    for (const network of this.#networksBut(from)) {
      const result = await network.request(to, payload);
      if (result.kind === 'answer') return { error: null, result: result.result };
      if (result.kind === 'error') return { error: result.error, result: result.result };
      reply = { error: `${result.code}: ${result.text}`, result: null };
    }
    return reply;
  }

  #networksBut(excluded: Network): readonly Network[] {
    return this.#networks.filter((network) => network !== excluded);
  }
}

function isAnswer({ kind }: RequestResult): boolean {
  return kind === 'answer' || kind === 'error';
}

function hostOf(from = ''): string {
  return from.slice(0, from.lastIndexOf(':'));
}
