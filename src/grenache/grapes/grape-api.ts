/**
 * The HTTP API of an embedded grape, which no request can crash. Every request gets an answer, the same as from a stock
 * grape: an error of the grape is a JSON string with status 200.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { GrapevineError } from '../../protocol/errors.ts';
import { GRENACHE_LIMITS } from '../limits.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';
import { parseJson } from '../../wire/parse-json.ts';
import { discardBody, readBoundedBody } from '../rpc/bounded-body.ts';
import { ConnectionSlots } from '../rpc/connection-slots.ts';
import { answerMalformedHttp } from '../rpc/malformed-http.ts';

const BODY_MAX_BYTES = GRENACHE_LIMITS.grapeRequestMaxBytes;

export type GrapeRequestHandler = (
  type: string,
  data: unknown,
  done: (error?: unknown, result?: unknown) => void,
) => void;

export function createGrapeApi(handle: GrapeRequestHandler): Server {
  const server = createServer({
    maxHeaderSize: TRANSPORT_LIMITS.headerMaxBytes,
    headersTimeout: TRANSPORT_LIMITS.headersTimeoutMs,
    requestTimeout: TRANSPORT_LIMITS.requestReadTimeoutMs,
    keepAliveTimeout: TRANSPORT_LIMITS.keepAliveTimeoutMs,
    connectionsCheckingInterval: 1_000,
  });
  const slots = new ConnectionSlots(GRENACHE_LIMITS.grapeConnectionsMax);
  server.on('connection', (socket) => {
    if (!slots.take(socket)) socket.destroy();
  });
  const limited = limitRequests(handle);
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    slots.begin(socket);
    response.once('close', () => slots.end(socket));
    answer(limited, request, response);
  };
  server.on('request', onRequest);
  // A client that asks before it sends a body that is too large gets the refusal at once.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (Number(request.headers['content-length'] ?? 0) <= BODY_MAX_BYTES) response.writeContinue();
    onRequest(request, response);
  });
  server.on('connect', (_request, socket) => socket.destroy());
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    answerMalformedHttp(error, socket, (code, text) => `${code}: ${text}`),
  );
  return server;
}

/** Each request may need queries to other grapes, which wait in an unlimited queue. */
function limitRequests(handle: GrapeRequestHandler): GrapeRequestHandler {
  let inProgress = 0;
  return (type, data, done) => {
    if (inProgress >= GRENACHE_LIMITS.grapeRequestsInProgressMax) {
      done(new Error('ERR_GRAPE_OVERLOADED'));
      return;
    }
    inProgress++;
    let isDone = false;
    const onDone: typeof done = (error, result) => {
      if (!isDone) inProgress--;
      isDone = true;
      done(error, result);
    };
    try {
      handle(type, data, onDone);
    } catch (error) {
      onDone(error);
    }
  };
}

function answer(handle: GrapeRequestHandler, request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'POST') {
    respond(response, 405, 'ERR_GRAPE_METHOD');
    discardBody(request, BODY_MAX_BYTES);
    return;
  }
  readBoundedBody(request, BODY_MAX_BYTES, (body) => {
    if (body === null) {
      respond(response, 413, 'ERR_GRAPE_PAYLOAD_SIZE');
      return;
    }
    const envelope = parseEnvelope(body);
    if (envelope === null) {
      respond(response, 500, 'ERR_GRAPE_PAYLOAD_INVALID');
      return;
    }
    const type = (request.url ?? '/').slice(1);
    handle(type, envelope.data, (error, result) =>
      respond(response, 200, JSON.stringify(error ? textOf(error) : (result ?? null))),
    );
  });
}

function parseEnvelope(body: Buffer): { readonly data?: unknown } | null {
  try {
    const envelope = parseJson(body.toString());
    return typeof envelope === 'object' && envelope !== null ? envelope : null;
  } catch (error) {
    if (error instanceof GrapevineError) return null;
    throw error;
  }
}

function respond(response: ServerResponse, status: number, body: string): void {
  if (response.writableEnded || response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : 'ERR_GRAPE_GENERIC';
}
