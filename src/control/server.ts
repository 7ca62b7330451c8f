/**
 * The control server of a desk: the contract's routes on a socket in the data folder and, if configured, on a port of this machine.
 * It listens to the desk from its creation, and answers before the desk is up and while it stops.
 */
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Randomness } from '../ports/randomness.ts';
import { diskFull, GrapevineError, hasCode, textOfError } from '../protocol/errors.ts';
import { CONTROL_LIMITS } from './limits.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';
import { ROUTES } from './contract.ts';
import { ActivityLog } from './activity.ts';
import { EventLog } from './event-log.ts';
import type { DeskMetrics } from './metrics.ts';
import { buildControlApp, type ControlAppInit } from './server/control-app.ts';
import type { ControlledDesk } from './server/desk-adapter.ts';
import type { DeskOperations } from './server/handlers.ts';
import { OfferListings } from './server/offer-listings.ts';
import { LoopbackGuard, portOf } from './server/loopback-guard.ts';
import { PageAccess } from './server/page/page-access.ts';
import type { PageFiles } from './server/page/page-files.ts';
import { PageState } from './server/page/page-state.ts';
import { ENTER } from './server/page/page-routes.ts';
import { openSocket, writeToken, type ControlSocket, type Token } from './server/private-files.ts';
import type { EventStreamBounds } from './server/event-stream.ts';
import { EventStreams } from './server/event-streams.ts';

const LOOPBACK = '127.0.0.1';
const LIFE_BYTES = 8;
const ANY_PORT = 0;

/** Limits that a test may change. */
interface ControlBounds extends EventStreamBounds {
  readonly eventsKept: number;
  readonly streamsMax: number;
}

const BOUNDS: ControlBounds = {
  eventsKept: CONTROL_LIMITS.controlEventsKept,
  streamsMax: CONTROL_LIMITS.controlStreamsMax,
  batchMax: CONTROL_LIMITS.controlEventBatchMax,
  heartbeatMs: CONTROL_LIMITS.controlHeartbeatMs,
  stallMs: CONTROL_LIMITS.controlStallMs,
};

export interface ControlServerInit {
  readonly desk: ControlledDesk;
  readonly operations: DeskOperations;
  /** An existing folder for the socket and the token. */
  readonly dataDir: string;
  /** Also listens on this port of 127.0.0.1; 0 takes a free one. */
  readonly port?: number | undefined;
  /** The page to serve on that port. */
  readonly page?: PageFiles | undefined;
  readonly metrics: DeskMetrics;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly version: string;
  readonly bounds?: Partial<ControlBounds>;
}

export interface ControlEndpoints {
  readonly socketPath: string;
  /** Null if it listens on no port. */
  readonly url: string | null;
  readonly tokenFile: string | null;
}

export class ControlServer {
  readonly #init: ControlServerInit;
  readonly #streams: EventStreams;
  readonly #unlisten: () => void;
  readonly #apps: FastifyInstance[] = [];
  readonly #pageState: PageState;
  readonly #pageAccess: PageAccess;
  /** Shared by the apps of all listeners. */
  readonly #shared: Omit<ControlAppInit, 'guard' | 'page'>;
  #socket: ControlSocket | null = null;
  #url: string | null = null;
  #token: Token | null = null;
  #starting: Promise<ControlEndpoints> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(init: ControlServerInit) {
    const { desk, operations, metrics, log, version, clock, randomness } = init;
    const bounds = { ...BOUNDS, ...init.bounds };
    this.#init = init;
    this.#pageState = new PageState(init.dataDir);
    this.#pageAccess = new PageAccess(this.#pageState);
    const events = new EventLog({
      life: randomness.hex(LIFE_BYTES),
      capacity: bounds.eventsKept,
      now: () => clock.now(),
    });
    const activity = new ActivityLog(() => clock.now());
    const listings = new OfferListings(() => clock.monotonicNow());
    this.#streams = new EventStreams({ events, clock, bounds });
    const pageLink = (): string => this.pageLink();
    const streams = this.#streams;
    this.#shared = { desk, operations, metrics, log, version, events, activity, streams, listings, pageLink };
    this.#unlisten = desk.listen((notice) => {
      events.append(notice);
      metrics.notice(notice);
      activity.notice(notice);
    });
  }

  /**
   * Starts to listen. Leaves no files if it fails.
   * @throws GrapevineError ERR_LISTEN, ERR_PORT_IN_USE; ERR_JOURNAL_FULL when the disk is full; ERR_DESK_STOPPED when it was stopped
   */
  async start(): Promise<ControlEndpoints> {
    this.#assertNotStopped();
    this.#starting = this.#start().finally(() => {
      this.#starting = null;
    });
    try {
      const places = await this.#starting;
      this.#assertNotStopped();
      return places;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #start(): Promise<ControlEndpoints> {
    try {
      this.#socket = await this.#listenOnSocket();
      if (this.#init.port !== undefined) this.#url = await this.#listenForPage(this.#init.port);
      return { socketPath: this.#socket.socketPath, url: this.#url, tokenFile: this.#token?.file ?? null };
    } catch (error) {
      if (error instanceof GrapevineError) throw error;
      const { dataDir } = this.#init;
      const text = `the control API can't use ${dataDir}: ${textOfError(error)}`;
      throw diskFull(error, dataDir) ?? new GrapevineError('ERR_LISTEN', text, { cause: error });
    }
  }

  /**
   * A link that opens the page once. It replaces the previous link.
   * @throws GrapevineError ERR_WRONG_STATE when no page is served
   */
  pageLink(): string {
    if (this.#init.page === undefined || this.#url === null)
      throw new GrapevineError('ERR_WRONG_STATE', 'this desk serves no page; "grapevine up --page" does');
    return `${this.#url}${ENTER}${this.#pageAccess.newLinkSecret()}`;
  }

  /** Ends all streams and connections, and removes its files. Can be called twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #assertNotStopped(): void {
    if (this.#stopping !== null) throw new GrapevineError('ERR_DESK_STOPPED', 'the control API has stopped');
  }

  async #stop(): Promise<void> {
    this.#unlisten();
    // What a start in progress still opens is closed as well.
    if (this.#starting !== null) await this.#starting.catch(() => undefined);
    this.#socket?.remove();
    this.#token?.remove();
    this.#streams.endAll();
    await Promise.all(this.#apps.map(close));
  }

  async #listenOnSocket(): Promise<ControlSocket> {
    const app = await this.#build({});
    return openSocket(this.#init.dataDir, (path) => listen(app, { path }));
  }

  /** An open page looks for its desk at the previous port, so without a configured port the previous one is tried first. */
  async #listenForPage(port: number): Promise<string> {
    if (this.#init.page === undefined) return this.#listenOnPort(port);
    const url = await this.#listenOnPort(port === ANY_PORT ? (this.#pageState.port ?? ANY_PORT) : port).catch(
      (error: unknown) => {
        if (port === ANY_PORT && hasCode(error, 'ERR_PORT_IN_USE')) return this.#listenOnPort(ANY_PORT);
        throw error;
      },
    );
    this.#pageState.setPort(Number(new URL(url).port));
    return url;
  }

  async #listenOnPort(port: number): Promise<string> {
    const token = writeToken(this.#init.dataDir);
    this.#token = token;
    const ownPort = (): number => portOf(app);
    const { page: files } = this.#init;
    const page = files === undefined ? undefined : { files, access: this.#pageAccess };
    const publicPaths = [ROUTES.health.path];
    const guard = new LoopbackGuard({ token: token.token, port: ownPort, publicPaths, page });
    const app = await this.#build({ page, guard });
    await listen(app, { host: LOOPBACK, port });
    return `http://${LOOPBACK}:${ownPort()}`;
  }

  async #build(more: Pick<ControlAppInit, 'guard' | 'page'>): Promise<FastifyInstance> {
    const app = await buildControlApp({ ...this.#shared, ...more });
    this.#apps.push(app);
    return app;
  }
}

async function listen(app: FastifyInstance, where: { path: string } | { host: string; port: number }): Promise<void> {
  try {
    await app.listen(where);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    const place = 'path' in where ? where.path : `${where.host}:${where.port}`;
    if (code === 'EADDRINUSE') throw new GrapevineError('ERR_PORT_IN_USE', `${place} is in use`, { cause: error });
    const text = `the control API can't listen on ${place}: ${textOfError(error)}`;
    throw new GrapevineError('ERR_LISTEN', text, { cause: error });
  }
}

/** Waits for requests in progress, but not longer than `stopGraceMs`. */
async function close(app: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), TRANSPORT_LIMITS.stopGraceMs);
  await app.close();
  clearTimeout(timer);
}
