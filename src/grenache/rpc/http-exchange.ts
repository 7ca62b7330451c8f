/**
 * HTTP POST requests, each with one deadline, a limit on the answer, and no redirects. The outcome shows whether any byte
 * of the request may have been sent: `sent` is false only if undici has not started to write, which it does on an open
 * connection. A request is never written twice.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { connect as connectSocket, type Socket } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import { GrapevineError, type ErrorCode } from '../../protocol/errors.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';
import type { NetworkPolicy } from '../discovery/network-policy.ts';
import { CHANNEL_HEADER, CHANNEL_VERSION } from './channel-server.ts';

export interface ExchangeRequest {
  /** `http://host:port` */
  readonly origin: string;
  readonly path: string;
  readonly body: string;
  readonly timeoutMs: number;
  readonly answerMaxBytes: number;
  /** Whether to use a new connection for only this request. */
  readonly ownConnection?: boolean;
}

export type ExchangeOutcome =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly body: Buffer;
      /** Whether the other side offers a channel. */
      readonly offersChannel: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly sent: boolean;
      /** Whether a part of the answer has arrived. */
      readonly answered: boolean;
      readonly code: ErrorCode;
      readonly text: string;
    };

export interface HttpExchangeInit {
  readonly connectTimeoutMs?: number;
  /** Without a policy, every address is permitted: for URLs that the operator has configured. */
  readonly policy?: NetworkPolicy;
}

/** `grc-compress: none` stops stock servers from trying to decompress. */
const HEADERS = { 'content-type': 'application/json', 'grc-compress': 'none' };
/** An origin omits it. */
const HTTP_PORT = '80';
const REDIRECT_STATUS_MIN = 300;
const REDIRECT_STATUS_MAX = 399;

export class HttpExchange {
  readonly #shared: Agent;
  readonly #own: Agent;
  readonly #running = new Set<Exchange>();
  #closed = false;

  constructor(init: HttpExchangeInit = {}) {
    const common: Agent.Options = {
      connect: connector(init.connectTimeoutMs ?? TRANSPORT_LIMITS.connectTimeoutMs, init.policy),
      // Each exchange has its own deadline.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveMaxTimeout: TRANSPORT_LIMITS.keepAliveTimeoutMs,
      maxHeaderSize: TRANSPORT_LIMITS.headerMaxBytes,
    };
    this.#shared = new Agent({ ...common, connections: TRANSPORT_LIMITS.connectionsPerAddress });
    this.#own = new Agent({ ...common, connections: TRANSPORT_LIMITS.ownConnectionsPerAddress, pipelining: 0 });
  }

  /** Never rejects. */
  post(request: ExchangeRequest): Promise<ExchangeOutcome> {
    if (this.#closed) return Promise.resolve(notSent('ERR_STOPPING', 'we are stopping'));
    return new Promise((resolve) => {
      const exchange = new Exchange(request, (outcome) => {
        this.#running.delete(exchange);
        resolve(outcome);
      });
      this.#running.add(exchange);
      this.#dispatch(request, exchange);
    });
  }

  #dispatch({ origin, path, body, ownConnection = false }: ExchangeRequest, exchange: Exchange): void {
    const agent = ownConnection ? this.#own : this.#shared;
    try {
      agent.dispatch({ origin, path, method: 'POST', headers: HEADERS, body }, exchange);
    } catch (error) {
      exchange.fail('ERR_CONNECT', error instanceof Error ? error.message : 'it can not be sent');
    }
  }

  /** Ends requests in progress and closes connections. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const exchange of this.#running) exchange.fail('ERR_STOPPING', 'we are stopping');
    await Promise.all([this.#shared.destroy(), this.#own.destroy()]);
  }
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #answerMaxBytes: number;
  readonly #done: (outcome: ExchangeOutcome) => void;
  readonly #deadline: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | null = null;
  #finished = false;
  #status = 0;
  #offersChannel = false;
  #size = 0;

  constructor({ answerMaxBytes, timeoutMs }: ExchangeRequest, done: (outcome: ExchangeOutcome) => void) {
    this.#answerMaxBytes = answerMaxBytes;
    this.#done = done;
    this.#deadline = setTimeout(() => this.fail('ERR_TIMEOUT', `no answer within ${timeoutMs} ms`), timeoutMs);
  }

  /** Called before undici writes the request: a request that is aborted here is never sent. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#finished) {
      controller.abort(new Error('too late'));
      return;
    }
    if (this.#controller !== null) {
      this.fail('ERR_CONNECTION_LOST', 'the connection was lost');
      controller.abort(new Error('would be sent twice'));
      return;
    }
    this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#offersChannel = headers[CHANNEL_HEADER] === CHANNEL_VERSION;
    if (status >= REDIRECT_STATUS_MIN && status <= REDIRECT_STATUS_MAX) {
      this.fail('ERR_REDIRECT', `redirected (${status}), which is never followed`);
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#answerMaxBytes) {
      this.fail('ERR_ANSWER_TOO_LARGE', `the answer is larger than ${this.#answerMaxBytes} bytes`);
      return;
    }
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const body = Buffer.concat(this.#chunks);
    this.#finish({ kind: 'response', status: this.#status, body, offersChannel: this.#offersChannel });
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (error instanceof GrapevineError) this.fail(error.code, error.message);
    else if (this.#controller === null) this.fail('ERR_CONNECT', connectErrorText(error));
    else if (isNotHttp(error)) this.fail('ERR_ANSWER_INVALID', 'the answer is not HTTP');
    else this.fail('ERR_CONNECTION_LOST', 'the connection was lost');
  }

  fail(code: ErrorCode, text: string): void {
    const controller = this.#controller;
    const sent = controller !== null;
    this.#finish({ kind: 'failed', sent, answered: this.#status !== 0, code, text });
    controller?.abort(new Error(code));
  }

  #finish(outcome: ExchangeOutcome): void {
    if (this.#finished) return;
    this.#finished = true;
    clearTimeout(this.#deadline);
    this.#done(outcome);
  }
}

function notSent(code: ErrorCode, text: string): ExchangeOutcome {
  return { kind: 'failed', sent: false, answered: false, code, text };
}

function codeOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : '';
}

/** The parser errors of undici have no code, although its documentation says so. */
function isNotHttp(error: Error): boolean {
  return error.name === 'HTTPParserError' || codeOf(error) === 'UND_ERR_HEADERS_OVERFLOW';
}

function connectErrorText(error: Error): string {
  return codeOf(error) === 'ECONNREFUSED'
    ? 'nothing listens at this address'
    : `no connection (${codeOf(error) || 'unreachable'})`;
}

type ConnectDone = (...args: [null, Socket] | [Error, null]) => void;

/** With a connect time-out of our own: undici checks its own only twice a second. */
function connector(timeoutMs: number, policy: NetworkPolicy | undefined) {
  return ({ hostname, port }: { hostname: string; port: string }, done: ConnectDone): void => {
    const actualPort = port === '' ? HTTP_PORT : port;
    const refusal = policy?.refusalOf(`${hostname}:${actualPort}`) ?? null;
    if (refusal !== null) {
      done(refusal, null);
      return;
    }
    const socket = connectSocket({ host: hostname, port: Number(actualPort), noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error('connect time-out')), timeoutMs);
    const failed = (error: Error): void => {
      clearTimeout(timer);
      done(error, null);
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      done(null, socket);
    });
  };
}
