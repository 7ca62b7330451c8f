/**
 * Wraps any network and encrypts direct messages (message-sealer.ts), invisibly to the desk and to Grenache. It always opens sealed
 * requests and seals their answers; `mode` decides what it sends. A request to a desk that is not in our network goes sealed through
 * a relay, if there is one (transport/joined-network.ts).
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
import { GrapevineError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { isDeskId } from '../wire/desk-id.ts';
import { isSealed } from '../wire/sealed-codec.ts';
import { IDENTITY_LIMITS } from './limits.ts';
import type { MessageSealer, OutgoingSealed } from './message-sealer.ts';

/**
 * `off`: sends unsealed. `on`: seals requests to desks, but not to clients of the original, which cannot open them. `require`: sends
 * nothing unsealed, and refuses unsealed direct messages (ERR_NOT_SEALED). Broadcasts are public and never sealed; an offer with
 * `to`, and its end, are direct messages.
 */
export type Encryption = 'off' | 'on' | 'require';

export interface SealedNetworkInit {
  readonly network: Network;
  readonly sealer: MessageSealer;
  readonly mode: Encryption;
}

const NO_RELAY: RequestResult = { kind: 'unsent', code: 'ERR_NO_ADDRESS', text: 'no relay in this network' };
const NOT_SEALED: Reply = {
  error: 'ERR_NOT_SEALED: this desk accepts direct messages only if they are sealed to it',
  result: null,
};

export class SealedNetwork implements Network {
  readonly #network: Network;
  readonly #sealer: MessageSealer;
  readonly #mode: Encryption;
  /** Desks that were reached through a relay, and until when requests to them try the relay first. */
  readonly #relayedUntilMs = new Map<string, number>();
  /** The last lookup found no relay: do not look for one before this time. */
  #noRelayUntilMs = -Infinity;

  constructor({ network, sealer, mode }: SealedNetworkInit) {
    this.#network = network;
    this.#sealer = sealer;
    this.#mode = mode;
  }

  start(handler: RequestHandler): Promise<{ readonly port: number }> {
    return this.#network.start((request) => this.#receive(handler, request));
  }

  broadcast(payload: unknown, options?: BroadcastOptions): Promise<BroadcastResult> {
    return this.#network.broadcast(payload, options);
  }

  stop(): Promise<void> {
    return this.#network.stop();
  }

  request(to: string, payload: unknown, options: RequestOptions = {}): Promise<RequestResult> {
    // A broadcast that is forwarded to one peer: public.
    if (options.service === 'broadcast') return this.#network.request(to, payload, options);
    return this.#isRelayed(to) ? this.#relayFirst(to, payload, options) : this.#directFirst(to, payload, options);
  }

  /** A desk that is not in our network may be in the other network of a relay. */
  async #directFirst(to: string, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    const result = await this.#direct(to, payload, options);
    if (!isUnreachable(result) || !mayRelay(to, options)) return result;
    const relayed = await this.#relay(to, payload, options);
    return relayed.kind === 'unsent' ? result : relayed;
  }

  /** For a desk that was reached through a relay recently: saves a lookup in our network for each request. */
  async #relayFirst(to: string, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    if (!mayRelay(to, options)) return this.#direct(to, payload, options);
    const relayed = await this.#relay(to, payload, options);
    if (relayed.kind !== 'unsent') return relayed;
    this.#relayedUntilMs.delete(to);
    return this.#direct(to, payload, options);
  }

  #direct(to: string, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    return this.#mode === 'off' ? this.#network.request(to, payload, options) : this.#seal(to, payload, options);
  }

  /** Sealed in every mode, because the relay must not read the message. */
  async #relay(to: string, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    if (performance.now() < this.#noRelayUntilMs) return NO_RELAY;
    const timeoutMs = IDENTITY_LIMITS.relayTimeoutMs;
    const result = await this.#seal(to, payload, { ...options, service: 'relay', timeoutMs });
    if (result.kind === 'answer' || result.kind === 'error') this.#rememberRelayed(to);
    if (isUnreachable(result)) this.#noRelayUntilMs = performance.now() + IDENTITY_LIMITS.relayRetryMs;
    return result;
  }

  #isRelayed(to: string): boolean {
    const untilMs = this.#relayedUntilMs.get(to);
    return untilMs !== undefined && performance.now() < untilMs;
  }

  #rememberRelayed(to: string): void {
    this.#relayedUntilMs.delete(to);
    this.#relayedUntilMs.set(to, performance.now() + IDENTITY_LIMITS.relayedForMs);
    if (this.#relayedUntilMs.size <= IDENTITY_LIMITS.relayedDesksMax) return;
    const [oldest] = this.#relayedUntilMs.keys();
    if (oldest !== undefined) this.#relayedUntilMs.delete(oldest);
  }

  async #seal(to: string, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    if (!isDeskId(to)) {
      if (this.#mode === 'on') return this.#network.request(to, payload, options);
      return { kind: 'unsent', code: 'ERR_NOT_SEALED', text: 'a client of the original cannot open sealed messages' };
    }
    try {
      return await this.#sendSealed(to, await this.#sealer.seal(payload, to as PeerId), options);
    } catch (error) {
      if (!(error instanceof GrapevineError)) throw error;
      return { kind: 'unsent', code: error.code, text: error.message };
    }
  }

  async #sendSealed(to: string, sealed: OutgoingSealed, options: RequestOptions): Promise<RequestResult> {
    const { isGenuine = isAnswer, ...rest } = options;
    // The network checks a result and then returns it: it is opened once.
    const opened = new Map<RequestResult, RequestResult>();
    const open = (result: RequestResult): RequestResult => {
      const known = opened.get(result) ?? openResult(sealed, result);
      opened.set(result, known);
      return known;
    };
    const result = await this.#network.request(to, sealed.payload, {
      ...rest,
      isGenuine: (candidate) => isGenuine(open(candidate)),
    });
    return open(result);
  }

  #receive(handler: RequestHandler, request: IncomingRequest): Reply | Promise<Reply> {
    if (request.service !== 'direct') return handler(request);
    if (isSealed(request.payload)) return this.#open(handler, request);
    return this.#mode === 'require' ? NOT_SEALED : handler(request);
  }

  async #open(handler: RequestHandler, request: IncomingRequest): Promise<Reply> {
    try {
      const sealed = await this.#sealer.open(request.payload);
      return sealed.sealAnswer(await handler({ ...request, payload: sealed.payload }));
    } catch (error) {
      if (error instanceof GrapevineError) return { error: error.toString(), result: null };
      throw error;
    }
  }
}

/** A relay may repeat a request, and must not be able to read it. */
function mayRelay(to: string, { once = false, mayRelay: isAllowed = true }: RequestOptions): boolean {
  return isAllowed && !once && isDeskId(to);
}

/** Whether the desk certainly received nothing because it could not be reached, not because the request was invalid. */
function isUnreachable(result: RequestResult): boolean {
  return result.kind === 'unsent' && (result.code === 'ERR_NO_ADDRESS' || result.code === 'ERR_CONNECT');
}

function isAnswer({ kind }: RequestResult): boolean {
  return kind === 'answer' || kind === 'error';
}

/** An unsealed answer to a sealed request may be forged, so the outcome is unknown. */
function openResult(sealed: OutgoingSealed, result: RequestResult): RequestResult {
  if (result.kind === 'unsent' || result.kind === 'unknown') return result;
  const reply = result.kind === 'answer' ? sealed.openAnswer(result.result) : null;
  if (reply === null) return { kind: 'unknown', code: 'ERR_SEALED', text: 'the answer is not sealed to this request' };
  if (reply.error === null) return { kind: 'answer', result: reply.result };
  return { kind: 'error', error: reply.error, result: reply.result };
}
