/**
 * Serves the page of the theatre on a loopback port. As with a desk's page, a link that works once opens it. The content is a live
 * run, with buttons, or a recording from a file.
 */
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { limitConnections } from '../control/server/limit-connections.ts';
import { failureOf, INTERNAL, httpFailure, type HttpFailure } from '../control/server/failures.ts';
import { guardRequests, LoopbackGuard, portOf } from '../control/server/loopback-guard.ts';
import { PageAccess, withoutSessionPath, type KeyStore } from '../control/server/page/page-access.ts';
import type { PageFile, PageFiles } from '../control/server/page/page-files.ts';
import {
  addPageRoutes,
  ENTER,
  isNavigation,
  sendRefusal,
  type ServedPage,
} from '../control/server/page/page-routes.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { CONTROL_LIMITS } from '../control/limits.ts';
import { LIMITS } from '../protocol/limits.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';
import { ACTS, writeRecording, type Act, type Recording, type StepsAnswer, type TheatreContent } from './recording.ts';
import type { RecordingLog } from './recording-log.ts';

const LOOPBACK = '127.0.0.1';
const TOKEN_BYTES = 32;
/** A request for steps is answered after this time, even if there is no new step. */
const WAIT_MS = 10_000;
const STEPS_MAX = 500;

/** A running theatre. */
export interface LiveTheatre {
  readonly log: RecordingLog;
  act(act: Act): Promise<void>;
  heal(): Promise<void>;
}

/** A restarted theatre has other desks, so pages do not resume their sessions. */
const NO_KEYS: KeyStore = { hasKey: () => false, addKey: () => undefined };

export interface TheatreServerInit {
  readonly files: PageFiles;
  readonly shown: LiveTheatre | Recording;
}

export class TheatreServer {
  readonly #init: TheatreServerInit;
  readonly #access = new PageAccess(NO_KEYS);
  readonly #app: FastifyInstance;
  /** Answer the pending requests for steps. */
  readonly #pending = new Set<() => void>();

  constructor(init: TheatreServerInit) {
    this.#init = init;
    this.#app = fastify({
      bodyLimit: LIMITS.bodyMaxBytes,
      connectionTimeout: CONTROL_LIMITS.controlIdleMs,
      requestTimeout: TRANSPORT_LIMITS.requestReadTimeoutMs,
      http: { maxHeaderSize: TRANSPORT_LIMITS.headerMaxBytes, headersTimeout: TRANSPORT_LIMITS.headersTimeoutMs },
      exposeHeadRoutes: false,
      forceCloseConnections: true,
      rewriteUrl: ({ url = '/' }: IncomingMessage) => withoutSessionPath(url),
    });
  }

  /**
   * @returns a link that opens the page once
   * @throws Error if the port can't be opened
   */
  async start(port = 0): Promise<string> {
    this.#app.setValidatorCompiler(validatorCompiler);
    limitConnections(this.#app.server, CONTROL_LIMITS.controlConnectionsMax);
    const page = { files: withTheatreFirst(this.#init.files), access: this.#access };
    this.#guard(page);
    addPageRoutes(this.#app, page);
    this.#addRoutes();
    await this.#app.listen({ host: LOOPBACK, port });
    return `http://${LOOPBACK}:${portOf(this.#app)}${ENTER}${this.#access.newLinkSecret()}`;
  }

  async stop(): Promise<void> {
    for (const wake of [...this.#pending]) wake();
    await this.#app.close();
  }

  #guard(page: ServedPage): void {
    // Nobody receives the token: the page, which has a cookie, is the only client.
    const token = randomBytes(TOKEN_BYTES).toString('hex');
    const guard = new LoopbackGuard({ token, port: () => portOf(this.#app), publicPaths: [], page });
    guardRequests(this.#app, guard);
    this.#app.setErrorHandler((error: FastifyError, request, reply) =>
      refuse(request, reply, failureOf(error) ?? INTERNAL),
    );
    this.#app.setNotFoundHandler((request, reply) =>
      refuse(request, reply, httpFailure('ERR_CONTROL_ROUTE', 'the theatre has no such route')),
    );
  }

  #addRoutes(): void {
    const { shown } = this.#init;
    this.#app.get('/v1/theatre', (): TheatreContent => {
      if ('log' in shown) return { kind: 'live', desks: shown.log.desks };
      return { kind: 'recording', recording: { desks: shown.desks, steps: shown.steps } };
    });
    if (!('log' in shown)) return;
    this.#app.get('/v1/theatre/steps', (request) => this.#stepsFrom(shown.log, fromOf(request)));
    this.#app.get('/v1/theatre/recording', (_, reply) =>
      reply.type('application/json').send(writeRecording({ desks: [...shown.log.desks], steps: [...shown.log.steps] })),
    );
    this.#app.post('/v1/theatre/acts/:act', async (request, reply) => {
      await shown.act(actOf(request));
      return reply.code(202).send({});
    });
    this.#app.post('/v1/theatre/heal', async (_, reply) => {
      await shown.heal();
      return reply.code(202).send({});
    });
  }

  /** Waits for a new step if there is none yet, for at most `WAIT_MS`. */
  async #stepsFrom(log: RecordingLog, from: number): Promise<StepsAnswer> {
    if (log.steps.length <= from) await this.#nextStep(log);
    const steps = log.steps.slice(from, from + STEPS_MAX);
    return { steps, next: from + steps.length };
  }

  #nextStep(log: RecordingLog): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#pending.delete(wake);
        clearTimeout(timer);
        unsubscribe();
        resolve();
      };
      const timer = setTimeout(wake, WAIT_MS);
      const unsubscribe = log.subscribe(wake);
      this.#pending.add(wake);
    });
  }
}

/** Replaces the desk's page with the theatre's. */
function withTheatreFirst(files: PageFiles): PageFiles {
  const theatre: PageFile | undefined = files.get('/theatre.html');
  if (theatre === undefined)
    throw new GrapevineError('ERR_NOT_BUILT', 'the page is not built: run "npm run build" first');
  return new Map([...files, ['/', theatre]]);
}

function fromOf({ query }: FastifyRequest): number {
  const from = Number((query as { readonly from?: string }).from ?? 0);
  if (Number.isSafeInteger(from) && from >= 0) return from;
  throw new GrapevineError('ERR_USAGE', 'from is a number of steps');
}

function actOf({ params }: FastifyRequest): Act {
  const { act } = params as { readonly act: string };
  const found = ACTS.find((each) => each === act);
  if (found !== undefined) return found;
  throw new GrapevineError('ERR_USAGE', `an act is one of ${ACTS.join(', ')}`);
}

function refuse(request: FastifyRequest, reply: FastifyReply, failed: HttpFailure): FastifyReply {
  if (isNavigation(request.raw)) return sendRefusal(reply, failed.status, failed.failure);
  return reply.code(failed.status).send(failed.failure);
}
