/**
 * One desk in several networks at once, under one id: what it says to all goes to all of them, what it says to one desk goes where
 * that desk is. It is a relay as well: a desk of one network that can't reach a desk of another one hands it what is sealed to that
 * desk. A relay reads nothing of it and can forge nothing. It can lose it, as every network can.
 *
 * There are no loops: a relay passes a request on once, into other networks than the one that it came from, and never to a relay.
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
import { TRANSPORT_LIMITS } from './limits.ts';
import { PointWindows } from './point-windows.ts';

export interface JoinedNetworkInit {
  /** The first one is tried first, and says at which port we are. */
  readonly networks: readonly Network[];
  /** Whom a payload is sealed to; null for one that is not sealed. */
  readonly destinationOf: (payload: unknown) => string | null;
}

const MINUTE_MS = 60_000;
const NOBODY: RequestResult = { kind: 'unsent', code: 'ERR_NO_ADDRESS', text: 'nobody announces this desk' };

export class JoinedNetwork implements Network {
  readonly #networks: readonly Network[];
  readonly #destinationOf: JoinedNetworkInit['destinationOf'];
  /** Where each desk last answered, the most recent last. */
  readonly #homes = new Map<string, Network>();
  readonly #relaying = new ConcurrencyLimiter({ concurrency: TRANSPORT_LIMITS.relaysAtOnce, waitingMax: 0 });
  readonly #relayed = new PointWindows(MINUTE_MS);

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

  /** Where it answered last, and then everywhere else: until it answers, or may have received what must not be repeated. */
  async request(to: string, payload: unknown, options: RequestOptions = {}): Promise<RequestResult> {
    // What we don't reach in any network, another relay reaches no better.
    if (options.service === 'relay') return NOBODY;
    const home = this.#homes.get(to);
    const { once = false, isGenuine = isAnswer } = options;
    let best: RequestResult | null = null;
    for (const network of home === undefined ? this.#networks : [home, ...this.#networksBut(home)]) {
      // An address of one network is none of another.
      const result = await network.request(to, payload, { ...options, at: undefined });
      if (isGenuine(result)) {
        this.#remember(to, network);
        return result;
      }
      // That somebody may have received it outweighs that somebody else certainly has not.
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
    this.#relaying.stop();
    await Promise.all(this.#networks.map((network) => network.stop()));
  }

  #relay(from: Network, request: IncomingRequest): Reply | Promise<Reply> {
    const to = this.#destinationOf(request.payload);
    if (to === null) return { error: 'ERR_NOT_SEALED: only what is sealed to a desk is passed on', result: null };
    const points = this.#relayed.spend(hostOf(request.from), 1);
    if (points > TRANSPORT_LIMITS.relayedPerHostPerMinute) {
      return { error: 'ERR_RATE_LIMITED: too much to pass on; try again in a minute', result: null };
    }
    const relayed = this.#relaying.run(() => this.#passOn(from, to, request.payload));
    return relayed ?? { error: 'ERR_OVERLOADED: too much is being passed on', result: null };
  }

  async #passOn(from: Network, to: string, payload: unknown): Promise<Reply> {
    let reply: Reply = { error: 'ERR_NO_ADDRESS: nobody announces this desk', result: null };
    for (const network of this.#networksBut(from)) {
      const result = await network.request(to, payload);
      if (result.kind === 'answer') return { error: null, result: result.result };
      if (result.kind === 'error') return { error: result.error, result: result.result };
      reply = { error: `${result.code}: ${result.text}`, result: null };
    }
    return reply;
  }

  #networksBut(one: Network): readonly Network[] {
    return this.#networks.filter((network) => network !== one);
  }

  #remember(to: string, network: Network): void {
    this.#homes.delete(to);
    this.#homes.set(to, network);
    if (this.#homes.size <= TRANSPORT_LIMITS.homesMax) return;
    const [oldest] = this.#homes.keys();
    if (oldest !== undefined) this.#homes.delete(oldest);
  }
}

function isAnswer({ kind }: RequestResult): boolean {
  return kind === 'answer' || kind === 'error';
}

function hostOf(from = ''): string {
  return from.slice(0, from.lastIndexOf(':'));
}
