/**
 * Protects the control port. Every web page in the operator's browser and every user of the machine can connect to it. So a request
 * needs our own name in `Host` (against DNS rebinding), no foreign `Origin` (against other web pages), and the token that only the
 * desk's owner can read, or a session of the page.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { GrapevineError } from '../../protocol/errors.ts';
import { ROUTES } from '../contract.ts';
import { ENTER_ROUTE, RESUME, type ServedPage } from './page/page-routes.ts';

const HOSTS = ['127.0.0.1', 'localhost'];

interface LoopbackGuardInit {
  readonly token: string;
  readonly port: () => number;
  /** URLs that need no token. */
  readonly publicPaths: readonly string[];
  readonly page?: ServedPage | undefined;
}

/** Routes that need the token: a session may not create further sessions. */
const TOKEN_ONLY: ReadonlySet<string> = new Set([ROUTES.page.path]);

interface RequestHead extends Pick<IncomingMessage, 'headers' | 'url' | 'method'> {
  /** The route that will answer; undefined: there is none. Not the URL: `/v1/%70age` is another text for `/v1/page`. */
  readonly route: string | undefined;
}

export class LoopbackGuard {
  readonly #init: LoopbackGuardInit;
  readonly #digest: Buffer;

  constructor(init: LoopbackGuardInit) {
    this.#init = init;
    this.#digest = digestOf(init.token);
  }

  /** @throws GrapevineError ERR_CONTROL_ORIGIN, ERR_CONTROL_TOKEN */
  check(request: RequestHead): void {
    const { headers, url = '', route } = request;
    const { port, publicPaths, page } = this.#init;
    const own = HOSTS.map((host) => `${host}:${port()}`);
    if (headers.host === undefined || !own.includes(headers.host))
      throw new GrapevineError('ERR_CONTROL_ORIGIN', `only ${own.join(' and ')} are answered to`);
    const { origin } = headers;
    if (origin !== undefined && !own.some((host) => origin === `http://${host}`))
      throw new GrapevineError('ERR_CONTROL_ORIGIN', 'pages of others are not answered');
    if (publicPaths.includes(url) || this.#isToken(headers.authorization)) return;
    if (page !== undefined && route === ENTER_ROUTE) return;
    if (page !== undefined && route === RESUME) {
      assertFromPage(request);
      return;
    }
    if (!this.#isSession(request)) {
      const how = 'send the content of the file control.token as: authorization: Bearer TOKEN';
      throw new GrapevineError('ERR_CONTROL_TOKEN', `the token is missing or another one; ${how}`);
    }
  }

  /** @throws GrapevineError ERR_CONTROL_ORIGIN */
  #isSession(request: RequestHead): boolean {
    const { headers, route = '', method } = request;
    const { page } = this.#init;
    if (page?.access.hasSession(headers.cookie) !== true || TOKEN_ONLY.has(route)) return false;
    // The page's files may be opened by a link, which `assertFromPage` would refuse.
    if (method !== 'GET' || !page.files.has(route)) assertFromPage(request);
    return true;
  }

  /** Digests have the same length, and their comparison takes the same time for any input. */
  #isToken(authorization: string | undefined): boolean {
    const [, sent = ''] = /^Bearer ([\x21-\x7e]{1,256})$/i.exec(authorization ?? '') ?? [];
    return timingSafeEqual(digestOf(sent), this.#digest);
  }
}

/**
 * Browsers say where a script's request comes from. A request that changes something always has an `Origin` (already checked to be
 * ours); one from another page, including a page on another port of this machine, says so in `sec-fetch-site`.
 * @throws GrapevineError ERR_CONTROL_ORIGIN
 */
function assertFromPage({ headers, method }: RequestHead): void {
  const site = headers['sec-fetch-site'] ?? 'same-origin';
  const isOurs = (site === 'same-origin' || site === 'none') && (method === 'GET' || headers.origin !== undefined);
  if (!isOurs) throw new GrapevineError('ERR_CONTROL_ORIGIN', 'a session of the page works from that page alone');
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function headOf({ raw, routeOptions }: FastifyRequest): RequestHead {
  const { headers, url, method } = raw;
  return { headers, url, method, route: routeOptions.url };
}

/** With two headers, one could be checked and the other one used. */
function assertOneHost({ rawHeaders }: IncomingMessage): void {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length > 1) throw new GrapevineError('ERR_CONTROL_ORIGIN', `${hosts.length} Host headers; send one`);
}

/** Checks each request before it is handled. Browsers must not cache an answer or guess its type. */
export function guardRequests(app: FastifyInstance, guard: LoopbackGuard | undefined): void {
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    try {
      assertOneHost(request.raw);
      guard?.check(headOf(request));
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}

/** The port of the listener; 0 before it listens. */
export function portOf({ server }: FastifyInstance): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
