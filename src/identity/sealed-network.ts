/**
 * A network on which direct messages travel sealed to their addressee: in front of any other, so that neither a desk nor
 * Grenache knows of it. What is sealed to us is always opened and answered sealed; `mode` says what we do by ourselves. Why
 * and how: message-sealer.ts.
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

const NOT_SEALED = 'this desk takes direct messages only when they are sealed to it';

export class SealedNetwork implements Network {
  readonly #network: Network;
  readonly #sealer: MessageSealer;
  readonly #mode: Encryption;

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
    if (this.#mode === 'off' || options.service === 'broadcast') return this.#network.request(to, payload, options);
    return this.#seal(to, payload, options);
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
