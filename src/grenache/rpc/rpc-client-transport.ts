/**
 * Sends requests to one address, over HTTP or a channel, in place of the stock transport of Grenache's RPC client.
 * Whatever the peer does, a call ends in time with a RequestResult.
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
  /** Uses a new connection, and never repeats the request. */
  readonly once?: boolean | undefined;
}

export interface RpcClientTransportConf {
  /** `host:port` */
  readonly dest: string;
  readonly exchange: HttpExchange;
  /** For channels; the policy of `exchange` is for HTTP. */
  readonly policy: NetworkPolicy | undefined;
}

type Answered = (error: Error | null, result?: unknown) => void;

const RID_PREFIX = randomBytes(8).toString('hex');
let lastRid = 0;
const NOT_JSON: RequestResult = {
  kind: 'unsent',
  code: 'ERR_INTERNAL',
  text: 'the payload is not valid JSON',
};
const TOO_LARGE: RequestResult = {
  kind: 'unsent',
  code: 'ERR_BODY_TOO_LARGE',
  text: `larger than ${LIMITS.bodyMaxBytes} bytes`,
};
const LOST: RequestResult = {
  kind: 'unknown',
  code: 'ERR_CONNECTION_LOST',
  text: 'the channel was lost before the answer, and the desk can not be reached again',
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

  /** Whether requests use a channel at the moment. */
  get hasChannel(): boolean {
    return this.#channel.current !== null;
  }

  /** Never rejects. */
  async call(key: string, payload: unknown, options: CallOptions = {}): Promise<RequestResult> {
    const rid = `${RID_PREFIX}-${++lastRid}`;
    const body = formatRequest(rid, key, payload);
    if (body === null) return NOT_JSON;
    if (Buffer.byteLength(body) > LIMITS.bodyMaxBytes) return TOO_LARGE;
    this.setLastRequestTime();
    this.#pending++;
    try {
      return await this.#send(rid, body, options);
    } finally {
      this.#pending--;
    }
  }

  async #send(rid: string, body: string, options: CallOptions): Promise<RequestResult> {
    // Only a new connection makes it certain that nothing was sent when it fails.
    const channel = options.once === true ? null : this.#channel.current;
    if (channel === null) return this.#postAndRead(rid, body, options);
    const { timeoutMs = TRANSPORT_LIMITS.requestTimeoutMs } = options;
    const startMs = performance.now();
    const result = await channel.call(rid, body, timeoutMs);
    return result ?? this.#repeatOverHttp(rid, body, remainingMs(timeoutMs, startMs));
  }

  /** After a channel was lost; such a request is safe to repeat. The channel may have delivered it. */
  async #repeatOverHttp(rid: string, body: string, timeoutMs: number): Promise<RequestResult> {
    const result = await this.#postAndRead(rid, body, { timeoutMs });
    return result.kind === 'unsent' ? LOST : result;
  }

  async #postAndRead(rid: string, body: string, options: CallOptions): Promise<RequestResult> {
    const outcome = await this.#post(body, options);
    if (outcome.kind === 'failed') return failure(outcome);
    // After a `once` request there may be no other one for a long time.
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
    // The peer may have closed an idle connection just now. This request is safe to repeat.
    const repeated = await this.#exchange.post({
      ...request,
      timeoutMs: remainingMs(timeoutMs, startMs),
      ownConnection: true,
    });
    return repeated.kind === 'failed' && !repeated.sent ? outcome : repeated;
  }

  /** Called by Grenache's PeerRPCClient. */
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

function remainingMs(timeoutMs: number, startMs: number): number {
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
  if (result.kind === 'answer') done(null, result.result);
  else if (result.kind === 'error') done(new Error(result.error), result.result);
  else done(new GrapevineError(result.code, result.text));
}
