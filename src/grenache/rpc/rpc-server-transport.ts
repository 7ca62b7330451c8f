/**
 * Receives requests over HTTP and channels, in place of the stock transport of Grenache's RPC server. Every request gets
 * an answer: with status 200 and its rid if that could be read, otherwise with another status, because a stock client
 * waits for ever after a 200 without its rid. No request and no reply can crash the process.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import basePackage, { type Peer } from 'grenache-nodejs-base';
import { silentLog, type Log } from '../../ports/log.ts';
import { GrapevineError, type ErrorCode } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Verdict } from '../../transport/fixed-window-counter.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';
import { listenError } from '../../transport/listen-error.ts';
import { discardBody, readBoundedBody } from './bounded-body.ts';
import { CHANNEL_HEADER, CHANNEL_VERSION, ChannelServer } from './channel-server.ts';
import { formatAnswer, formatError, readRequest, type RequestEnvelope } from './envelope.ts';
import { answerMalformedHttp } from './malformed-http.ts';
import { RequestGate, type Caller, type GateLimits } from './request-gate.ts';

export interface RpcServerConf {
  /** IPv4 to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  readonly log?: Log;
  readonly headersTimeoutMs?: number;
  readonly requestReadTimeoutMs?: number;
  readonly keepAliveTimeoutMs?: number;
  readonly channelIdleMs?: number;
  readonly gate?: Partial<GateLimits>;
  readonly stopGraceMs?: number | undefined;
}

/** The `handler` of Grenache's `request` event: `(rid, key, payload, handler)`. */
export interface ReplyHandler {
  /** @param error an Error, or a text `ERR_CODE: text`. Only the first call has an effect. */
  reply(error: Error | string | null, result?: unknown): void;
}

/** The last argument of Grenache's `request` event. */
export interface RequestDetails {
  readonly compress: false;
  readonly isStream: false;
  /** Our addition: `host:port` of the caller. */
  readonly from: string;
}

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  ERR_BODY_TOO_LARGE: 413,
  ERR_BODY_COMPRESSED: 415,
  ERR_HTTP_REQUEST: 405,
  ERR_RATE_LIMITED: 429,
};
const STATUS_OK = 200;
const STATUS_BAD_REQUEST = 400;
/** How often node checks for requests that take too long. */
const TIMEOUT_CHECK_MS = 500;

export class RpcServerTransport extends basePackage.TransportRPCServer {
  /** The actual port while listening; 0 before. */
  port = 0;
  /** Resolves with the actual port; rejects with GrapevineError ERR_PORT_IN_USE or ERR_LISTEN. */
  listening: Promise<number> = Promise.reject(new GrapevineError('ERR_LISTEN', 'listen was not called'));
  readonly #conf: RpcServerConf;
  readonly #server: Server;
  readonly #log: Log;
  readonly #channels: ChannelServer;
  readonly #gate: RequestGate;
  readonly #inProgress = new Set<object>();
  #closing: Promise<void> | null = null;
  #onAllAnswered: () => void = () => undefined;
  #rejectListening: () => void = () => undefined;

  constructor(peer: Peer, conf: RpcServerConf) {
    super(peer, conf);
    this.#conf = conf;
    this.#log = conf.log ?? silentLog;
    this.listening.catch(() => undefined);
    this.#gate = new RequestGate(conf.gate);
    this.#server = this.#createServer();
    this.#channels = new ChannelServer({
      gate: this.#gate,
      requestReadTimeoutMs: conf.requestReadTimeoutMs ?? TRANSPORT_LIMITS.requestReadTimeoutMs,
      idleTimeoutMs: conf.channelIdleMs ?? TRANSPORT_LIMITS.channelIdleMs,
      onRequest: (request, caller, respond) => this.#receiveOnChannel(request, caller, respond),
    });
  }

  #createServer(): Server {
    const server = createServer({
      maxHeaderSize: TRANSPORT_LIMITS.headerMaxBytes,
      headersTimeout: this.#conf.headersTimeoutMs ?? TRANSPORT_LIMITS.headersTimeoutMs,
      requestTimeout: this.#conf.requestReadTimeoutMs ?? TRANSPORT_LIMITS.requestReadTimeoutMs,
      keepAliveTimeout: this.#conf.keepAliveTimeoutMs ?? TRANSPORT_LIMITS.keepAliveTimeoutMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      noDelay: true,
    });
    server.on('connection', (socket) => this.#gate.admit(socket));
    server.on('request', (request, response) => this.#receive(request, response));
    // A client that sends `expect: 100-continue` waits for this answer before it sends the body.
    server.on('checkContinue', (request, response) => {
      if (refusalOf(request) === null) response.writeContinue();
      this.#receive(request, response);
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      answerMalformedHttp(error, socket, (code, text) => formatError(null, code, text));
    });
    server.on('upgrade', (request, _socket, head) => {
      // The same object, under its own type.
      this.#channels.accept(request, request.socket, head);
    });
    server.on('connect', (_request, socket) => socket.destroy());
    return server;
  }

  /** @param port 0 uses a free one; see {@link listening} */
  override listen(port: number): this {
    const host = this.#conf.host ?? '127.0.0.1';
    this.listening = new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => reject(listenError(error, `port ${port} on ${host}`));
      this.#rejectListening = () => reject(new GrapevineError('ERR_LISTEN', 'stopped before it started to listen'));
      this.#server.once('error', failed);
      this.#server.listen({ port, host, backlog: TRANSPORT_LIMITS.listenBacklog }, () => {
        this.#server.off('error', failed);
        this.#server.on('error', (error) => this.#log.write('error', 'rpc.server.error', { reason: String(error) }));
        const address = this.#server.address();
        this.port = typeof address === 'object' && address !== null ? address.port : port;
        resolve(this.port);
      });
    });
    this.listening.catch(() => undefined);
    return this;
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const caller = this.#gate.callerOn(request.socket);
    if (caller === null) {
      request.socket.destroy();
      return;
    }
    this.#inProgress.add(response);
    caller.begin();
    response.on('close', () => {
      caller.end();
      this.#onEnd(response);
    });
    this.#handle(request, response, caller, caller.charge(declaredBytes(request.headers)));
  }

  #handle(request: IncomingMessage, response: ServerResponse, caller: Caller, verdict: Verdict): void {
    if (verdict === 'disconnect') {
      request.socket.destroy();
      return;
    }
    const isTooMany = verdict === 'refuse' || caller.inProgress > TRANSPORT_LIMITS.pipelinedRequestsMax;
    const refusal = isTooMany ? TOO_MANY : refusalOf(request);
    if (refusal === null) {
      readBoundedBody(request, LIMITS.bodyMaxBytes, (body) => this.#read(body, response, caller));
      return;
    }
    discardBody(request, LIMITS.bodyMaxBytes);
    this.#refuse(response, caller, refusal);
  }

  #receiveOnChannel(request: RequestEnvelope, caller: Caller, respond: (answer: string) => void): void {
    this.#inProgress.add(request);
    this.#dispatch(request, caller, (answer) => {
      respond(answer);
      this.#onEnd(request);
    });
  }

  #onEnd(request: object): void {
    this.#inProgress.delete(request);
    if (this.#inProgress.size === 0) this.#onAllAnswered();
  }

  #read(body: Buffer | null, response: ServerResponse, caller: Caller): void {
    try {
      if (body === null) throw TOO_LARGE;
      this.#dispatch(readRequest(body), caller, (answer) => this.#respond(response, STATUS_OK, answer));
    } catch (error) {
      const known = error instanceof GrapevineError ? error : new GrapevineError('ERR_INTERNAL', 'unexpected error');
      this.#refuse(response, caller, known);
    }
  }

  /** Ignores the headers `_gr`, `_a` and `_ar`, with which a client can override rid and key at the stock server. */
  #dispatch({ rid, key, payload }: RequestEnvelope, caller: Caller, respond: (answer: string) => void): void {
    const handler: ReplyHandler = {
      reply: (error, result) => {
        const text = error === null ? null : errorText(error);
        if (text !== null) caller.chargeIfJunk(text);
        respond(formatAnswer(rid, text, result));
      },
    };
    if (key === null) handler.reply('ERR_ENVELOPE: key is not the name of a service');
    else if (this.#closing !== null) handler.reply('ERR_STOPPING: this desk is stopping');
    else this.#emitRequest({ rid, key, payload }, caller.from, handler);
  }

  #emitRequest({ rid, key, payload }: RequestEnvelope, from: string, handler: ReplyHandler): void {
    try {
      const details: RequestDetails = { compress: false, isStream: false, from };
      const hasListener = this.emit('request', rid, key, payload, handler, undefined, details);
      if (!hasListener) handler.reply('ERR_INTERNAL: no handler for requests');
    } catch (error) {
      this.#log.write('error', 'rpc.handler.failed', { reason: String(error) });
      handler.reply('ERR_INTERNAL: the request could not be handled');
    }
  }

  #refuse(response: ServerResponse, caller: Caller, error: GrapevineError): void {
    caller.chargeIfJunk(error.toString());
    this.#respond(response, STATUS[error.code] ?? STATUS_BAD_REQUEST, formatError(null, error.code, error.message));
  }

  #respond(response: ServerResponse, status: number, body: string): void {
    if (response.writableEnded || response.destroyed) return;
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      [CHANNEL_HEADER]: CHANNEL_VERSION,
      ...(this.#closing === null ? {} : { connection: 'close' }),
    });
    response.end(body);
  }

  /** Rejects new requests, waits up to `stopGraceMs` for answers, then closes every connection. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // If node is still resolving the host, it emits nothing after this.
    this.#rejectListening();
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    await this.#waitForAnswers();
    this.#channels.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #waitForAnswers(): Promise<void> {
    if (this.#inProgress.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#conf.stopGraceMs ?? TRANSPORT_LIMITS.stopGraceMs);
      this.#onAllAnswered = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  override _stop(): void {
    void this.close();
  }
}

const TOO_LARGE = new GrapevineError('ERR_BODY_TOO_LARGE', `the body is larger than ${LIMITS.bodyMaxBytes} bytes`);
const TOO_MANY = new GrapevineError('ERR_RATE_LIMITED', 'too many requests; try again in a second');
const NO_POST = new GrapevineError('ERR_HTTP_REQUEST', 'only POST is accepted');
const COMPRESSED = new GrapevineError('ERR_BODY_COMPRESSED', 'send the body without compression');

/** Why a request is refused before its body is read. */
function refusalOf({ method, headers }: IncomingMessage): GrapevineError | null {
  if (method !== 'POST') return NO_POST;
  const encoding = headers['content-encoding'] ?? 'identity';
  const isCompressed = encoding !== 'identity' || String(headers['grc-compress'] ?? '').includes('gzip');
  if (isCompressed) return COMPRESSED;
  return declaredBytes(headers) > LIMITS.bodyMaxBytes ? TOO_LARGE : null;
}

/** A chunked body declares no length, so it counts as the largest. */
function declaredBytes(headers: IncomingHttpHeaders): number {
  if (headers['transfer-encoding'] !== undefined) return LIMITS.bodyMaxBytes;
  return Number(headers['content-length'] ?? 0);
}

/** An answer of Grenache has only a text, so it starts with the error code, which programs check. */
function errorText(error: Error | string): string {
  if (typeof error === 'string') return error;
  return error instanceof GrapevineError ? error.toString() : error.message || 'ERR_INTERNAL: no text';
}
