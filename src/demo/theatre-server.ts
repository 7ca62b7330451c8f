/**
 * Serves the page of the theatre on a port of this machine, let in by a link that works once, as a desk's page is. What is drawn is
 * a recording: one that grows, with buttons, or one from a file.
 */
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { limitConnections } from '../control/server/connection-places.ts';
import { failureOf, INTERNAL, httpFailure, type HttpFailure } from '../control/server/failures.ts';
import { guardRequests, LoopbackGuard, portOf } from '../control/server/loopback-guard.ts';
import { PageAccess, withoutSessionPath, type KeyMemory } from '../control/server/page/page-access.ts';
import type { PageFile, PageFiles } from '../control/server/page/page-files.ts';
import { addPageRoutes, ENTER, isNavigation, sendRefusal } from '../control/server/page/page-routes.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { CONTROL_LIMITS } from '../control/limits.ts';
import { LIMITS } from '../protocol/limits.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';
import { ACTS, writeRecording, type Act, type Programme, type Recording, type StepsAnswer } from './recording.ts';
import type { RecordingLog } from './recording-log.ts';

const LOOPBACK = '127.0.0.1';
const TOKEN_BYTES = 32;
/** How long a reader waits for the next step before it is told that there is none yet. */
const WAIT_MS = 10_000;
const STEPS_AT_ONCE = 500;

/** What can be done in a live one. */
export interface LiveTheatre {
  readonly log: RecordingLog;
  act(act: Act): Promise<void>;
  heal(): Promise<void>;
}

/** A theatre that is started again has other desks: nobody comes back to it. */
const FORGETFUL: KeyMemory = { hasKey: () => false, addKey: () => undefined };

export interface TheatreServerInit {
  readonly files: PageFiles;
  readonly shown: LiveTheatre | Recording;
}

export class TheatreServer {
  readonly #init: TheatreServerInit;
  readonly #access = new PageAccess(FORGETFUL);
  readonly #app: FastifyInstance;
  /** Those who wait for the next step. */
  readonly #waiting = new Set<() => void>();

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
   * @returns the link that opens the page, once
   * @throws Error when no port can be had
   */
  async start(port = 0): Promise<string> {
    this.#app.setValidatorCompiler(validatorCompiler);
    limitConnections(this.#app.server, CONTROL_LIMITS.controlConnectionsMax);
    this.#guard();
    addPageRoutes(this.#app, { files: withTheatreFirst(this.#init.files), access: this.#access });
    this.#addRoutes();
    await this.#app.listen({ host: LOOPBACK, port });
    return `http://${LOOPBACK}:${portOf(this.#app)}${ENTER}${this.#access.newKey()}`;
  }

  async stop(): Promise<void> {
    for (const wake of [...this.#waiting]) wake();
    await this.#app.close();
  }

  #guard(): void {
    // Nobody is given the token: the page is the only client.
    const token = randomBytes(TOKEN_BYTES).toString('hex');
    const guard = new LoopbackGuard({ token, port: () => portOf(this.#app), free: [], page: this.#access });
    guardRequests(this.#app, guard);
    this.#app.setErrorHandler((error: FastifyError, request, reply) =>
      refuse(request, reply, failureOf(error) ?? INTERNAL),
    );
    this.#app.setNotFoundHandler((request, reply) =>
      refuse(request, reply, httpFailure('ERR_CONTROL_ROUTE', 'the theatre has no such place')),
    );
  }

  #addRoutes(): void {
    const { shown } = this.#init;
    this.#app.get('/v1/theatre', (): Programme => {
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

  /** At once when there are some, else when there are, or after a while. */
  async #stepsFrom(log: RecordingLog, from: number): Promise<StepsAnswer> {
    if (log.steps.length <= from) await this.#more(log);
    const steps = log.steps.slice(from, from + STEPS_AT_ONCE);
    return { steps, next: from + steps.length };
  }

  #more(log: RecordingLog): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(wake, WAIT_MS);
      const stop = log.listen(wake);
      this.#waiting.add(wake);
    });
  }
}

/** The page of the theatre in the place of the desk's. */
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
