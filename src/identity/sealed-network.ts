/**
 * A network on which direct messages travel sealed to their addressee: in front of any other, so that neither a desk nor
 * Grenache knows of it. What is sealed to us is always opened and answered sealed; `mode` says what we do by ourselves. Why
 * and how: message-sealer.ts.
 *
 * What can't be sent because the addressee is not in our network goes sealed by a relay, if there is one: transport/joined-network.ts.
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
 * `off`: sends in the clear. `on`: seals what it sends to desks; clients of the original, who can't open it, get it in the
 * clear. `require`: sends nothing unsealed, and refuses direct messages that are not sealed.
 */
export type Encryption = 'off' | 'on' | 'require';

export interface SealedNetworkInit {
  readonly network: Network;
  readonly sealer: MessageSealer;
  readonly mode: Encryption;
}

const NO_RELAY: RequestResult = { kind: 'unsent', code: 'ERR_NO_ADDRESS', text: 'nobody relays here' };
const NOT_SEALED = 'this desk takes direct messages only when they are sealed to it';

export class SealedNetwork implements Network {
  readonly #network: Network;
  readonly #sealer: MessageSealer;
  readonly #mode: Encryption;
  /** Desks that a relay has reached, and until when it is asked first. */
  readonly #far = new Map<string, number>();
  /** Nobody relays in our network, as far as we have looked. */
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

  request(to: string, payload: unknown, options: RequestOptions = {}): Promise<RequestResult> {
    // What is passed on to one peer is public.
    if (options.service === 'broadcast') return this.#network.request(to, payload, options);
    const isNear = !this.#isFar(to);
    if (isNear && this.#mode === 'off' && !mayRelay(to, options)) return this.#network.request(to, payload, options);
    return isNear ? this.#nearFirst(to, payload, options) : this.#relayFirst(to, payload, options);
  }

  /** A desk that is not in our network may be in another one, in which a relay is. */
  async #nearFirst(to: string, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    const result = await this.#direct(to, payload, options);
    if (!isElsewhere(result) || !mayRelay(to, options)) return result;
    const relayed = await this.#relay(to, payload, options);
    return relayed.kind === 'unsent' ? result : relayed;
  }

  /** It was reached by a relay a moment ago: to look for it in our network each time would cost more. */
  async #relayFirst(to: string, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    if (!mayRelay(to, options)) return this.#direct(to, payload, options);
    const relayed = await this.#relay(to, payload, options);
    if (relayed.kind !== 'unsent') return relayed;
    this.#far.delete(to);
    return this.#direct(to, payload, options);
  }

  #direct(to: string, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    return this.#mode === 'off' ? this.#network.request(to, payload, options) : this.#seal(to, payload, options);
  }

  /** Sealed whatever the mode: a relay is nobody's confidant. */
  async #relay(to: string, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    if (performance.now() < this.#noRelayUntilMs) return NO_RELAY;
    const timeoutMs = IDENTITY_LIMITS.relayTimeoutMs;
    const result = await this.#seal(to, payload, { ...options, service: 'relay', timeoutMs });
    if (result.kind === 'answer' || result.kind === 'error') this.#setFar(to);
    if (isElsewhere(result)) this.#noRelayUntilMs = performance.now() + IDENTITY_LIMITS.relayRetryMs;
    return result;
  }

  #isFar(to: string): boolean {
    const untilMs = this.#far.get(to);
    return untilMs !== undefined && performance.now() < untilMs;
  }

  #setFar(to: string): void {
    this.#far.delete(to);
    this.#far.set(to, performance.now() + IDENTITY_LIMITS.relayedForMs);
    if (this.#far.size <= IDENTITY_LIMITS.relayedDesksMax) return;
    const [oldest] = this.#far.keys();
    if (oldest !== undefined) this.#far.delete(oldest);
  }

  async #seal(to: string, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    if (!isDeskId(to)) {
      if (this.#mode === 'on') return this.#network.request(to, payload, options);
      return { kind: 'unsent', code: 'ERR_NOT_SEALED', text: 'a client of the original can not open what is sealed' };
    }
    try {
      return await this.#sendSealed(to, await this.#sealer.seal(payload, to as PeerId), options);
    } catch (error) {
      if (!(error instanceof GrapevineError)) throw error;
      return { kind: 'unsent', code: error.code, text: error.message };
    }
  }

  stop(): Promise<void> {
    return this.#network.stop();
  }

  async #sendSealed(to: string, sealed: OutgoingSealed, options: RequestOptions): Promise<RequestResult> {
    const { isGenuine = isAnswer, ...rest } = options;
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
    if (!isSealed(request.payload)) {
      if (this.#mode === 'require') return { error: `ERR_NOT_SEALED: ${NOT_SEALED}`, result: null };
      return handler(request);
    }
    return this.#open(handler, request);
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

/** A relay is for what is said to one desk, may be repeated, and can be sealed. */
function mayRelay(to: string, { once = false, mayRelay: isAllowed = true }: RequestOptions): boolean {
  return isAllowed && !once && isDeskId(to);
}

/** Certainly nobody was reached at any address: not that we may not send, or that it can't be sent. */
function isElsewhere(result: RequestResult): boolean {
  return result.kind === 'unsent' && (result.code === 'ERR_NO_ADDRESS' || result.code === 'ERR_CONNECT');
}

function isAnswer({ kind }: RequestResult): boolean {
  return kind === 'answer' || kind === 'error';
}

/** What stands outside a seal, in answer to a sealed request, is nobody's word. */
function openResult(sealed: OutgoingSealed, result: RequestResult): RequestResult {
  if (result.kind === 'unsent' || result.kind === 'unknown') return result;
  const reply = result.kind === 'answer' ? sealed.openAnswer(result.result) : null;
  if (reply === null) return { kind: 'unknown', code: 'ERR_SEALED', text: 'the answer is not sealed to this request' };
  if (reply.error === null) return { kind: 'answer', result: reply.result };
  return { kind: 'error', error: reply.error, result: reply.result };
}
