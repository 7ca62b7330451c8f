/**
 * The routes of the contract as an HTTP server that does not listen yet. One per listener; they share the desk, the event log and the
 * limit of streams.
 */
import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { z } from 'zod';
import type { Log } from '../../ports/log.ts';
import { GrapevineError } from '../../protocol/errors.ts';
import { CONTROL_LIMITS } from '../limits.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { assertUnambiguous } from '../../wire/parse-json.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';
import { failureSchema, ROUTES, type Route, type RouteName } from '../contract.ts';
import { cursorSchema, parseCursor } from '../contract/events.ts';
import type { DeskMetrics } from '../metrics.ts';
import { describeApi } from './describe-api.ts';
import { failureOf, INTERNAL, httpFailure, type HttpFailure } from './failures.ts';
import { limitConnections } from './limit-connections.ts';
import { guardRequests, type LoopbackGuard } from './loopback-guard.ts';
import { HANDLERS, type HandlerContext, type PlainRoute } from './handlers.ts';
import { withoutSessionPath } from './page/page-access.ts';
import { addPageRoutes, isNavigation, sendRefusal, type ServedPage } from './page/page-routes.ts';
import type { EventStreams } from './event-streams.ts';

export interface ControlAppInit extends HandlerContext {
  readonly version: string;
  readonly metrics: DeskMetrics;
  readonly streams: EventStreams;
  readonly log: Log;
  /** Checks each request first; throws to refuse it. */
  readonly guard?: LoopbackGuard;
  readonly page?: ServedPage | undefined;
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

export async function buildControlApp(init: ControlAppInit): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: CONTROL_LIMITS.controlBodyMaxBytes,
    connectionTimeout: CONTROL_LIMITS.controlIdleMs,
    requestTimeout: TRANSPORT_LIMITS.requestReadTimeoutMs,
    keepAliveTimeout: TRANSPORT_LIMITS.keepAliveTimeoutMs,
    http: { maxHeaderSize: TRANSPORT_LIMITS.headerMaxBytes, headersTimeout: TRANSPORT_LIMITS.headersTimeoutMs },
    routerOptions: { maxParamLength: 2 * LIMITS.idMaxLength },
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    rewriteUrl: ({ url = '/' }: IncomingMessage) => (init.page === undefined ? url : withoutSessionPath(url)),
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (error, _, reply) => void send(reply, failureOf(error) ?? INTERNAL),
  });
  limitConnections(app.server, CONTROL_LIMITS.controlConnectionsMax);
  app.removeContentTypeParser('text/plain');
  readExactJson(app);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  addGuards(app, init);
  await app.register(swagger, describeApi(init.version));
  if (init.page !== undefined) addPageRoutes(app, init.page);
  for (const name of Object.keys(ROUTES) as RouteName[]) addRoute(app, name, handlerOf(app, name, init));
  return app;
}

/** Details are signed as they were given, so what would silently change is refused: bytes that are not UTF-8, inexact numbers, and keys of one object twice. */
function readExactJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    if (!isUtf8(bytes)) {
      done(new GrapevineError('ERR_BODY_NOT_JSON', 'the body is not UTF-8'));
      return;
    }
    const body = bytes.toString();
    void parse(request, body, (error, value) => {
      try {
        if (error === null) assertUnambiguous(body, value);
        done(error, value);
      } catch (refusal) {
        done(refusal as Error);
      }
    });
  });
}

function addGuards(app: FastifyInstance, { guard, log, page }: ControlAppInit): void {
  guardRequests(app, guard);
  // A request without content may leave its body out.
  app.addHook('preValidation', (request, _, done) => {
    if (request.method === 'POST') request.body ??= {};
    done();
  });
  app.setErrorHandler((error: Parameters<typeof failureOf>[0], request, reply) => {
    const failed = failureOf(error);
    if (failed === null) {
      const text = `${request.method} ${request.url.slice(0, 100)}: ${error.message}`;
      log.write('error', 'control.failed', { text: text.slice(0, LIMITS.errorTextMaxLength) });
    }
    return refuse(request, reply, failed ?? INTERNAL);
  });
  app.setNotFoundHandler((request, reply) => refuse(request, reply, unknownRoute(request, reply)));
  function refuse(request: FastifyRequest, reply: FastifyReply, failed: HttpFailure): FastifyReply {
    const isPage = page !== undefined && isNavigation(request.raw);
    return isPage ? sendRefusal(reply, failed.status, failed.failure) : send(reply, failed);
  }
}

function addRoute(app: FastifyInstance, name: RouteName, handler: Handler): void {
  const {
    method,
    path,
    summary,
    params,
    query,
    body,
    response,
    media,
    status = 200,
    alternativeStatus,
  }: Route = ROUTES[name];
  const content = {
    description: summary,
    content: { [media ?? 'application/json']: { schema: response ?? z.string() } },
  };
  const failure = { description: 'The reason.', content: { 'application/json': { schema: failureSchema } } };
  app.route({
    method,
    url: path,
    handler,
    schema: {
      summary,
      operationId: name,
      querystring: query ?? NOTHING,
      ...(params && { params }),
      ...(body && { body }),
      response: {
        [status]: content,
        ...(alternativeStatus !== undefined && { [alternativeStatus]: content }),
        '4xx': failure,
        '5xx': failure,
      },
    },
  });
}

const NOTHING = z.strictObject({});

function handlerOf(app: FastifyInstance, name: RouteName, init: ControlAppInit): Handler {
  if (name === 'metrics')
    return async (_, reply) => reply.type(init.metrics.contentType).send(await init.metrics.render());
  if (name === 'openapi') return () => app.swagger();
  if (name === 'events') return (request, reply) => init.streams.open(cursorOf(request), reply);
  if (name === 'ready')
    return async (_, reply) => {
      const readiness = await HANDLERS.ready(init, { params: {}, query: {}, body: {} });
      return reply.code(readiness.ready ? 200 : ROUTES.ready.alternativeStatus).send(readiness);
    };
  return plainHandler(name, init);
}

function plainHandler(name: PlainRoute, init: ControlAppInit): Handler {
  const { status = 200 }: Route = ROUTES[name];
  // The route's schemas have validated the input; the contract's types say that it fits the handler.
  const handle = HANDLERS[name] as (context: HandlerContext, parts: unknown) => unknown;
  return async ({ params, query, body }, reply) => {
    const answer = await handle(init, { params, query, body });
    return reply.code(status).send(answer);
  };
}

/** After a broken connection, EventSource sends the last cursor in a header; the URL still has the first one. */
function cursorOf({ headers, query }: FastifyRequest): ReturnType<typeof parseCursor> {
  const cursor = headers['last-event-id'] ?? (query as { after?: string }).after;
  if (cursor === undefined || cursor === '') return null;
  const { success, data } = cursorSchema.safeParse(cursor);
  if (success) return parseCursor(data);
  throw new GrapevineError('ERR_USAGE', 'last-event-id is not a cursor of an event stream');
}

function send(reply: FastifyReply, { status, failure }: HttpFailure): FastifyReply {
  // The rest of the body is not read, so the connection can't be used for another request.
  if (status === TOO_LARGE) void reply.header('connection', 'close');
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .serializer((value) => JSON.stringify(value))
    .send(failure);
}

const TOO_LARGE = 413;

const PATHS = Object.values(ROUTES).map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll('.', '[.]').replace(/:\w+/g, '[^/]+')}$`),
}));

function unknownRoute({ method, url }: FastifyRequest, reply: FastifyReply): HttpFailure {
  const [path = ''] = url.split('?');
  const allowed = PATHS.filter(({ pattern }) => pattern.test(path)).map((known) => known.method);
  const shown = path.slice(0, 100);
  if (allowed.length === 0)
    return httpFailure('ERR_CONTROL_ROUTE', `there is no ${shown}; GET /openapi.json has what there is`);
  void reply.header('allow', allowed.join(', '));
  return httpFailure('ERR_CONTROL_ROUTE', `${shown} takes ${allowed.join(' and ')}, not ${method}`, 405);
}

/** Input that is not HTTP, too large or too slow never becomes a request. */
function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = MALFORMED[error.code ?? ''] ?? '400 Bad Request';
  const body = JSON.stringify({ code: 'ERR_HTTP_REQUEST', text: 'malformed HTTP, headers too long, or too slow' });
  const head = `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\n`;
  socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

const MALFORMED: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};
