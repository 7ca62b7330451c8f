/**
 * Receives the desk's events while the page is open. It reconnects, and continues after the last event. Missing heartbeats reveal a
 * broken connection, for example after the computer was asleep.
 */
import type { ControlEvent } from '../../control/contract.ts';
import { CONTROL_LIMITS } from '../../control/limits.ts';
import { ApiFailure, failureOf, fetchFromDesk } from './api.ts';
import { EventParser } from './event-parser.ts';

export type StreamState = 'connecting' | 'live' | 'lost' | 'over';

export interface StreamInit {
  readonly onEvents: (events: readonly ControlEvent[]) => void;
  /** `over`: the desk does not accept our session and can't resume it, so we do not retry. */
  readonly onState: (state: StreamState) => void;
  /** Called when the desk does not accept our session. Resolves to true if there is a new session. */
  readonly resume: () => Promise<boolean>;
}

/** A connection without data for this time is broken; up to two heartbeats may be late. */
const SILENCE_MAX_MS = 3 * CONTROL_LIMITS.controlHeartbeatMs;
const RETRY_MIN_MS = 250;

export class EventStream {
  readonly #init: StreamInit;
  #cursor: string | null = null;
  #connection: AbortController | null = null;
  #receivedAt = 0;
  #retry: { readonly timer: number; readonly now: () => void } | null = null;

  constructor(init: StreamInit) {
    this.#init = init;
  }

  async run(): Promise<never> {
    for (let attempt = 0; ; attempt += 1) {
      const wasLive = await this.#connectOnce();
      if (wasLive) attempt = 0;
      this.#init.onState('lost');
      await this.#pause(Math.min(CONTROL_LIMITS.controlReconnectMaxMs, RETRY_MIN_MS * 2 ** attempt));
    }
  }

  /** Reconnects immediately if the connection is broken. */
  check(): void {
    if (this.#retry !== null) this.#retry.now();
    else if (Date.now() - this.#receivedAt > SILENCE_MAX_MS) this.#connection?.abort();
  }

  /** @returns whether it was connected or has a new session: then the next attempt needs only the shortest delay */
  async #connectOnce(): Promise<boolean> {
    const connection = new AbortController();
    this.#connection = connection;
    this.#receivedAt = Date.now();
    const watch = setInterval(() => {
      this.check();
    }, SILENCE_MAX_MS / 4);
    let wasLive = false;
    try {
      const query = this.#cursor === null ? '' : `?after=${this.#cursor}`;
      const response = await fetchFromDesk(`v1/events${query}`, { signal: connection.signal });
      if (!response.ok) throw new ApiFailure(await failureOf(response), response.status);
      wasLive = true;
      this.#init.onState('live');
      await this.#read(response);
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.status !== 401) return wasLive;
      return (await this.#isResumed()) || (await this.#over());
    } finally {
      clearInterval(watch);
      this.#connection = null;
    }
    return wasLive;
  }

  /** If the desk does not answer, we retry, as if there were a session. */
  async #isResumed(): Promise<boolean> {
    try {
      return await this.#init.resume();
    } catch {
      return true;
    }
  }

  async #over(): Promise<never> {
    this.#init.onState('over');
    return new Promise<never>(() => undefined);
  }

  async #read({ body }: Response): Promise<void> {
    if (body === null) return;
    const parser = new EventParser();
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.#receivedAt = Date.now();
      const events = parser.push(value);
      const latest = events.at(-1);
      if (latest === undefined) continue;
      this.#cursor = latest.id;
      this.#init.onEvents(events.map(({ data }) => JSON.parse(data) as ControlEvent));
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const now = (): void => {
        clearTimeout(this.#retry?.timer);
        this.#retry = null;
        resolve();
      };
      this.#retry = { timer: setTimeout(now, ms), now };
    });
  }
}
