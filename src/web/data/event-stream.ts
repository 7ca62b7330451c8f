/**
 * What happens at the desk, for as long as the page is open. A connection that breaks is made again and goes on after the last
 * event; a computer that slept, or a tab that nobody looked at, notices by the heartbeats that did not come.
 */
import type { ControlEvent } from '../../control/contract.ts';
import { CONTROL_LIMITS } from '../../control/limits.ts';
import { ApiFailure, failureOf, reach } from './api.ts';
import { EventParser } from './event-parser.ts';

export type StreamState = 'connecting' | 'live' | 'lost' | 'over';

export interface StreamInit {
  readonly onEvents: (events: readonly ControlEvent[]) => void;
  /** `over`: the desk does not know our session any more, so that trying again is of no use. */
  readonly onState: (state: StreamState) => void;
  /** Our session has ended with an earlier life of the desk. True: there is a new one. */
  readonly resume: () => Promise<boolean>;
}

/** A live stream would have broken it by a heartbeat, also where two of them come late. */
const SILENCE_MAX_MS = 3 * CONTROL_LIMITS.controlHeartbeatMs;
const RETRY_MIN_MS = 250;

export class EventStream {
  readonly #init: StreamInit;
  #cursor: string | null = null;
  #connection: AbortController | null = null;
  #heardAt = 0;
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

  /** Looks whether the connection is alive, and tries again at once if it is not. */
  check(): void {
    if (this.#retry !== null) this.#retry.now();
    else if (Date.now() - this.#heardAt > SILENCE_MAX_MS) this.#connection?.abort();
  }

  /** True when it was connected for a while, or has a new session: the next attempt can follow at once. */
  async #connectOnce(): Promise<boolean> {
    const connection = new AbortController();
    this.#connection = connection;
    this.#heardAt = Date.now();
    const watch = setInterval(() => {
      this.check();
    }, SILENCE_MAX_MS / 4);
    let wasLive = false;
    try {
      const query = this.#cursor === null ? '' : `?after=${this.#cursor}`;
      const response = await reach(`v1/events${query}`, { signal: connection.signal });
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

  /** A desk that does not answer just now is asked again, as if there were a session. */
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
      this.#heardAt = Date.now();
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
