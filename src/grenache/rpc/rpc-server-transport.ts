/**
 * The HTTP side of Grenache's RPC server, in place of the stock one. Every request gets an answer: with status 200 and its
 * rid where that could be read, and otherwise with another status, since a stock client waits for ever on a 200 without
 * its rid. Nothing that arrives, and nothing that is replied, can bring the process down.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import basePackage, { type Peer } from 'grenache-nodejs-base';
import { silentLog, type Log } from '../../ports/log.ts';
import { GrapevineError, type ErrorCode } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { readBoundedBody } from './bounded-body.ts';
import { CHANNEL_HEADER, CHANNEL_VERSION, ChannelServer } from './channel-server.ts';
import { formatAnswer, formatError, readRequest, type RequestEnvelope } from './envelope.ts';
import { answerMalformedHttp } from './malformed-http.ts';

export interface RpcServerConf {
  /** IPv4 to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  readonly log?: Log;
  readonly headersTimeoutMs?: number;
  readonly requestReadTimeoutMs?: number;
  readonly connectionsMax?: number;
  readonly stopGraceMs?: number;
}

/** The `handler` of Grenache's `request` event: `(rid, key, payload, handler)`. */
export interface ReplyHandler {
  /** An Error or a text is an error. The first call counts, further ones do nothing. */
  reply(error: Error | string | null, result?: unknown): void;
}

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  ERR_BODY_TOO_LARGE: 413,
  ERR_BODY_COMPRESSED: 415,
};
const STATUS_OK = 200;
const STATUS_BAD_REQUEST = 400;
const STATUS_METHOD = 405;
/** How often node looks for requests that take too long. */
const TIMEOUT_CHECK_MS = 500;

export class RpcServerTransport extends basePackage.TransportRPCServer {
  /** The true port once there is one; 0 before. */
  port = 0;
  /** The true port; rejects with GrapevineError ERR_PORT_IN_USE or ERR_LISTEN. */
  listening: Promise<number> = Promise.reject(new GrapevineError('ERR_LISTEN', 'listen was not called'));
  readonly #conf: RpcServerConf;
  readonly #server: Server;
  readonly #log: Log;
  readonly #channels: ChannelServer;
  readonly #inProgress = new Set<object>();
  #closing: Promise<void> | null = null;
  #allAnswered: () => void = () => undefined;
  #stopListening: () => void = () => undefined;

  constructor(peer: Peer, conf: RpcServerConf) {
    super(peer, conf);
    this.#conf = conf;
    this.#log = conf.log ?? silentLog;
    this.listening.catch(() => undefined);
    this.#server = this.#createServer();
    this.#channels = new ChannelServer({
      requestReadTimeoutMs: conf.requestReadTimeoutMs ?? LIMITS.requestReadTimeoutMs,
      onRequest: (request, respond) => {
        this.#receiveOnChannel(request, respond);
      },
    });
  }

  #createServer(): Server {
    const server = createServer({
      maxHeaderSize: LIMITS.headerMaxBytes,
      headersTimeout: this.#conf.headersTimeoutMs ?? LIMITS.headersTimeoutMs,
      requestTimeout: this.#conf.requestReadTimeoutMs ?? LIMITS.requestReadTimeoutMs,
      keepAliveTimeout: LIMITS.keepAliveTimeoutMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      noDelay: true,
    });
    server.maxConnections = this.#conf.connectionsMax ?? LIMITS.connectionsMax;
    server.on('request', (request, response) => {
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

  /** @param port 0 takes a free one; see {@link listening} */
  override listen(port: number): this {
    const host = this.#conf.host ?? '127.0.0.1';
    this.listening = new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => {
        reject(listenError(error, host, port));
      };
      this.#stopListening = () => {
        reject(new GrapevineError('ERR_LISTEN', 'stopped before it listened'));
      };
      this.#server.once('error', failed);
      this.#server.listen(port, host, () => {
        this.#server.off('error', failed);
        this.#server.on('error', (error) => {
          this.#log.write('error', 'rpc.server.error', { reason: String(error) });
        });
        const address = this.#server.address();
        this.port = typeof address === 'object' && address !== null ? address.port : port;
        resolve(this.port);
      });
    });
    this.listening.catch(() => undefined);
    return this;
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    this.#inProgress.add(response);
    response.on('close', () => {
      this.#ended(response);
    });
    const refusal = refusalOf(request);
    if (refusal !== null) {
      this.#refuse(response, refusal.status, new GrapevineError(refusal.code, refusal.text));
      request.resume();
      return;
    }
    readBoundedBody(request, LIMITS.bodyMaxBytes, (body) => {
      this.#read(body, response);
    });
  }

  #receiveOnChannel(request: RequestEnvelope, respond: (answer: string) => void): void {
    this.#inProgress.add(request);
    this.#hand(request, (answer) => {
      respond(answer);
      this.#ended(request);
    });
  }

  #ended(request: object): void {
    this.#inProgress.delete(request);
    if (this.#inProgress.size === 0) this.#allAnswered();
  }

  #read(body: Buffer | null, response: ServerResponse): void {
    try {
      if (body === null) {
        throw new GrapevineError('ERR_BODY_TOO_LARGE', `the body is larger than ${LIMITS.bodyMaxBytes} bytes`);
      }
      this.#hand(readRequest(body), (answer) => {
        this.#respond(response, STATUS_OK, answer);
      });
    } catch (error) {
      const known = error instanceof GrapevineError ? error : new GrapevineError('ERR_INTERNAL', 'unexpected error');
      this.#refuse(response, STATUS[known.code] ?? STATUS_BAD_REQUEST, known);
    }
  }

  /** `_gr`, `_a` and `_ar` headers, which the stock server lets override rid and key, mean nothing here. */
  #hand({ rid, key, payload }: RequestEnvelope, respond: (answer: string) => void): void {
    const handler: ReplyHandler = {
      reply: (error, result) => {
        respond(formatAnswer(rid, error === null ? null : errorText(error), result));
      },
    };
    if (key === null) handler.reply('ERR_ENVELOPE: key is not the name of a service');
    else if (this.#closing !== null) handler.reply('ERR_STOPPING: this desk is stopping');
    else this.#emitRequest(rid, key, payload, handler);
  }

  #emitRequest(rid: string | number, key: string, payload: unknown, handler: ReplyHandler): void {
    try {
      const taken = this.emit('request', rid, key, payload, handler, undefined, { compress: false, isStream: false });
      if (!taken) handler.reply('ERR_INTERNAL: nobody takes requests here');
    } catch (error) {
      this.#log.write('error', 'rpc.handler.failed', { reason: String(error) });
      handler.reply('ERR_INTERNAL: the request could not be handled');
    }
  }

  #refuse(response: ServerResponse, status: number, error: GrapevineError): void {
    this.#respond(response, status, formatError(null, error.code, error.message));
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

  /** Takes no more, lets what is in progress answer for `stopGraceMs`, then closes every connection. Can be repeated. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // node resolves the host first, and says nothing more if it is closed meanwhile.
    this.#stopListening();
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    await this.#answersUnderWay();
    this.#channels.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #answersUnderWay(): Promise<void> {
    if (this.#inProgress.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#conf.stopGraceMs ?? LIMITS.stopGraceMs);
      this.#allAnswered = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  override _stop(): void {
    void this.close();
  }
}

interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly text: string;
}

function refusalOf({ method, headers }: IncomingMessage): Refusal | null {
  if (method !== 'POST') {
    return { status: STATUS_METHOD, code: 'ERR_HTTP_REQUEST', text: 'only POST is taken here' };
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  const isCompressed = encoding !== 'identity' || String(headers['grc-compress'] ?? '').includes('gzip');
  if (!isCompressed) return null;
  return { status: 415, code: 'ERR_BODY_COMPRESSED', text: 'send the body without compression' };
}

/** Programs look at the code, and in Grenache the text is the only place for it. */
function errorText(error: Error | string): string {
  if (typeof error === 'string') return error;
  return error instanceof GrapevineError ? error.toString() : error.message || 'ERR_INTERNAL: no text';
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): GrapevineError {
  if (error.code === 'EADDRINUSE') {
    return new GrapevineError('ERR_PORT_IN_USE', `port ${port} on ${host} is in use`, { cause: error });
  }
  const why = error.code ?? error.message;
  return new GrapevineError('ERR_LISTEN', `can't listen on port ${port} of ${host}: ${why}`, { cause: error });
}
