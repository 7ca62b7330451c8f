/**
 * The HTTP API of an embedded grape: the answers of the original, for unmodified clients, without its ways to be brought
 * down. Every request is answered; what is refused by the grape comes as status 200 with a JSON string, as always there.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { GrapevineError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { parseJson } from '../../wire/parse-json.ts';
import { readBoundedBody } from '../rpc/bounded-body.ts';
import { answerMalformedHttp } from '../rpc/malformed-http.ts';

export type GrapeRequestHandler = (
  type: string,
  data: unknown,
  done: (error?: unknown, result?: unknown) => void,
) => void;

export function createGrapeApi(handle: GrapeRequestHandler, maxBytes: number): Server {
  const server = createServer({
    maxHeaderSize: LIMITS.headerMaxBytes,
    headersTimeout: LIMITS.headersTimeoutMs,
    requestTimeout: LIMITS.requestReadTimeoutMs,
    keepAliveTimeout: LIMITS.keepAliveTimeoutMs,
    connectionsCheckingInterval: 1_000,
  });
  server.maxConnections = LIMITS.grapeConnectionsMax;
  server.on('request', (request, response) => {
    answer(handle, request, response, maxBytes);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    answerMalformedHttp(error, socket, (code, text) => `${code}: ${text}`);
  });
  return server;
}

function answer(handle: GrapeRequestHandler, request: IncomingMessage, response: ServerResponse, maxBytes: number) {
  if (request.method !== 'POST') {
    respond(response, 405, 'ERR_GRAPE_METHOD');
    request.resume();
    return;
  }
  readBoundedBody(request, maxBytes, (body) => {
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
    try {
      handle(type, envelope.data, (error, result) => {
        respond(response, 200, JSON.stringify(error ? textOf(error) : (result ?? null)));
      });
    } catch {
      respond(response, 200, JSON.stringify('ERR_GRAPE_GENERIC'));
    }
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
  if (response.writableEnded) return;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : 'ERR_GRAPE_GENERIC';
}
