/**
 * The HTTP side of Grenache's RPC client for one address, in place of the stock one. Whatever the addressee does, the
 * outcome is a RequestResult, in time.
 */
import { randomBytes } from 'node:crypto';
import basePackage, { type Peer } from 'grenache-nodejs-base';
import type { RequestResult } from '../../ports/network.ts';
import { GrapevineError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';
import type { NetworkPolicy } from '../discovery/network-policy.ts';
import { ChannelOpener } from './channel-opener.ts';
import { readAnswer } from './envelope.ts';
import { jsonOf, JsonText } from './json-text.ts';
import type { ExchangeOutcome, ExchangeRequest, HttpExchange } from './http-exchange.ts';

export interface CallOptions {
  readonly timeoutMs?: number | undefined;
  /** On a connection of its own, and never twice. */
  readonly once?: boolean | undefined;
}

export interface RpcClientTransportConf {
  /** `host:port` */
  readonly dest: string;
  readonly exchange: HttpExchange;
  /** The same as the exchange's, for channels. */
  readonly policy: NetworkPolicy | undefined;
}

type Answered = (error: Error | null, result?: unknown) => void;

const RID_PREFIX = randomBytes(8).toString('hex');
let requests = 0;
const UNWRITABLE: RequestResult = {
  kind: 'unsent',
  code: 'ERR_INTERNAL',
  text: 'the payload can not be written as JSON',
};
const TOO_LARGE: RequestResult = {
  kind: 'unsent',
  code: 'ERR_BODY_TOO_LARGE',
  text: `larger than ${LIMITS.bodyMaxBytes} bytes`,
};
const LOST: RequestResult = {
  kind: 'unknown',
  code: 'ERR_CONNECTION_LOST',
  text: 'the channel was lost before the answer, and the desk can not be asked again',
};

export class RpcClientTransport extends basePackage.TransportRPCClient {
  readonly #origin: string;
  readonly #exchange: HttpExchange;
  readonly #channel: ChannelOpener;
  #pending = 0;

  constructor(peer: Peer, conf: RpcClientTransportConf) {
    super(peer, { dest: conf.dest });
    this.#origin = `http://${conf.dest}`;
    this.#exchange = conf.exchange;
    this.#channel = new ChannelOpener(conf.dest, conf.policy);
  }

  /** Whether requests need not go over HTTP at the moment. */
  get hasChannel(): boolean {
    return this.#channel.current !== null;
  }

  /** Never rejects. */
  call(key: string, payload: unknown, options: CallOptions = {}): Promise<RequestResult> {
    const rid = `${RID_PREFIX}-${++requests}`;
    const body = formatRequest(rid, key, payload);
    if (body === null) return Promise.resolve(UNWRITABLE);
    if (Buffer.byteLength(body) > LIMITS.bodyMaxBytes) return Promise.resolve(TOO_LARGE);
    this.setLastRequestTime();
    this.#pending++;
    // Only a connection of its own can tell for certain that nothing was sent.
    const channel = options.once === true ? null : this.#channel.current;
    if (channel === null) return this.#postAndRead(rid, body, options).finally(this.#answered);
    const { timeoutMs = TRANSPORT_LIMITS.requestTimeoutMs } = options;
    const startMs = performance.now();
    return channel.call(rid, body, timeoutMs).then((result) => {
      if (result === null) return this.#askAgain(rid, body, restOf(timeoutMs, startMs)).finally(this.#answered);
      this.#answered();
      return result;
    });
  }

  readonly #answered = (): void => {
    this.#pending--;
  };

  /** Over HTTP, after a channel was lost: harmless, since not `once`. The channel may have carried the request. */
  async #askAgain(rid: string, body: string, timeoutMs: number): Promise<RequestResult> {
    const result = await this.#postAndRead(rid, body, { timeoutMs });
    return result.kind === 'unsent' ? LOST : result;
  }

  async #postAndRead(rid: string, body: string, options: CallOptions): Promise<RequestResult> {
    const outcome = await this.#post(body, options);
    if (outcome.kind === 'failed') return failure(outcome);
    // A message with a connection of its own may be the only one for a long time.
    if (outcome.offersChannel && options.once !== true) this.#channel.open();
    return readAnswer(rid, outcome.status, outcome.body);
  }

  async #post(body: string, options: CallOptions): Promise<ExchangeOutcome> {
    const { once = false, timeoutMs = TRANSPORT_LIMITS.requestTimeoutMs } = options;
    const request: ExchangeRequest = {
      origin: this.#origin,
      path: '/',
      body,
      timeoutMs,
      answerMaxBytes: LIMITS.bodyMaxBytes,
      ownConnection: once,
    };
    const startMs = performance.now();
    const outcome = await this.#exchange.post(request);
    if (once || !wasLostUnanswered(outcome)) return outcome;
    // The addressee may just have closed a connection that was idle. Asking again is harmless, since not `once`.
    const again = await this.#exchange.post({
      ...request,
      timeoutMs: restOf(timeoutMs, startMs),
      ownConnection: true,
    });
    return again.kind === 'failed' && !again.sent ? outcome : again;
  }

  /** The call that Grenache's own PeerRPCClient makes. */
  override request(key: string, payload: unknown, options: { timeout?: number | undefined }, done?: Answered): void {
    void this.call(key, payload, { timeoutMs: options.timeout }).then((result) => {
      if (done !== undefined) setImmediate(settle, result, done);
    });
  }

  override monitor(): void {
    if (this.#pending === 0 && Date.now() - this._req_last_ts > TRANSPORT_LIMITS.channelIdleMs) this.stop();
  }

  override _stop(): void {
    this.#channel.stop();
  }
}

function restOf(timeoutMs: number, startMs: number): number {
  return Math.max(1, timeoutMs - (performance.now() - startMs));
}

function formatRequest(rid: string, key: string, payload: unknown): string | null {
  try {
    return `["${rid}",${jsonOf(key)},${payload instanceof JsonText ? payload.text : jsonOf(payload)}]`;
  } catch {
    return null;
  }
}

function wasLostUnanswered(outcome: ExchangeOutcome): boolean {
  return outcome.kind === 'failed' && outcome.sent && !outcome.answered && outcome.code === 'ERR_CONNECTION_LOST';
}

function failure({ sent, code, text }: ExchangeOutcome & { kind: 'failed' }): RequestResult {
  return { kind: sent ? 'unknown' : 'unsent', code, text };
}

function settle(result: RequestResult, done: Answered): void {
  switch (result.kind) {
    case 'answer':
      done(null, result.result);
      return;
    case 'error':
      done(new Error(result.error), result.result);
      return;
    default:
      done(new GrapevineError(result.code, result.text));
  }
}
