/**
 * Follows a desk's event stream across broken connections. Continues after the last event that its reader got, without gaps or
 * repetitions.
 */
import { createParser } from 'eventsource-parser';
import { eventDataSchema, parseCursor, type ControlEvent } from '../contract/events.ts';
import { GrapevineError } from '../../protocol/errors.ts';
import { CONTROL_LIMITS } from '../limits.ts';
import { lost, type ControlConnection } from './control-connection.ts';

export interface FollowOptions {
  /** Cursor of the last known event; by default, the stream begins now. */
  readonly after?: string | undefined;
  /** Ends the iteration silently. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for a desk that has gone; 60 s by default. */
  readonly reconnectForMs?: number | undefined;
  /** Called once each time that the desk is away: the first attempt to reach it again has failed, and the client continues. */
  readonly onAway?: ((reason: Error) => void) | undefined;
}

/** A live stream sends a heartbeat in less time. */
const SILENCE_MS = 3 * CONTROL_LIMITS.controlHeartbeatMs;

export async function* followEvents(
  connection: ControlConnection,
  { after, signal, reconnectForMs = CONTROL_LIMITS.controlReconnectForMs, onAway }: FollowOptions,
): AsyncGenerator<ControlEvent, void, undefined> {
  const ending = new AbortController();
  const either = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]);
  const isOver = (): boolean => either.aborted;
  const attempts = new Attempts(reconnectForMs, onAway);
  let cursor = after;
  try {
    while (!isOver()) {
      try {
        const stream = await openStream(connection, cursor, either);
        attempts.succeeded();
        for await (const event of stream) {
          if (isRepetition(event.cursor, cursor)) continue;
          cursor = event.cursor;
          yield event;
        }
      } catch (error) {
        if (isOver()) return;
        attempts.failed(error);
      }
      await attempts.wait(either);
    }
  } finally {
    // Also when the reader leaves its loop: the connection is closed then.
    ending.abort();
  }
}

async function openStream(
  connection: ControlConnection,
  after: string | undefined,
  signal: AbortSignal,
): Promise<AsyncGenerator<ControlEvent, void, undefined>> {
  const body = await connection.open('events', { after }, { signal, silenceMs: SILENCE_MS });
  return readEvents(body as AsyncIterable<Buffer>);
}

async function* readEvents(body: AsyncIterable<Buffer>): AsyncGenerator<ControlEvent, void, undefined> {
  const arrived: ControlEvent[] = [];
  const parser = createParser({
    maxBufferSize: CONTROL_LIMITS.controlEventMaxLength,
    onEvent: ({ data }) => arrived.push(parseEvent(data)),
    onError: ({ type, message }) => {
      if (type === 'max-buffer-size-exceeded') throw new GrapevineError('ERR_ANSWER_TOO_LARGE', message);
    },
  });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of body) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      yield* arrived.splice(0);
    }
  } catch (error) {
    throw error instanceof GrapevineError ? error : lost(error);
  }
}

function parseEvent(data: string): ControlEvent {
  try {
    return eventDataSchema.parse(JSON.parse(data)) as unknown as ControlEvent;
  } catch (error) {
    throw new GrapevineError('ERR_ANSWER_INVALID', 'an event of the desk is not valid', { cause: error });
  }
}

function isRepetition(cursor: string, last: string | undefined): boolean {
  const [now, before] = [parseCursor(cursor), last === undefined ? null : parseCursor(last)];
  return now !== null && before?.life === now.life && now.number <= before.number;
}

/** Decides when to try again, and when to give up. Until the first success, a failure is final. */
class Attempts {
  readonly #forMs: number;
  readonly #onAway: ((reason: Error) => void) | undefined;
  #hasWorked = false;
  #failuresInARow = 0;
  /** Null while there is a stream. */
  #awaySince: number | null = null;

  constructor(forMs: number, onAway: ((reason: Error) => void) | undefined) {
    this.#forMs = forMs;
    this.#onAway = onAway;
  }

  succeeded(): void {
    this.#hasWorked = true;
    this.#failuresInARow = 0;
    this.#awaySince = null;
  }

  /** @throws the failure, if trying again is useless */
  failed(error: unknown): void {
    this.#awaySince ??= performance.now();
    const isOver = performance.now() - this.#awaySince >= this.#forMs;
    if (!this.#hasWorked || isOver || !isTemporary(error)) throw error;
    // The first failure, or the end of the stream, may only be a broken connection.
    if (this.#failuresInARow === 1) this.#onAway?.(error);
  }

  async wait(signal: AbortSignal): Promise<void> {
    // A stream that the desk ended is not a failure, but the time counts from there.
    this.#awaySince ??= performance.now();
    const longest = Math.min(
      CONTROL_LIMITS.controlReconnectMinMs * 2 ** this.#failuresInARow,
      CONTROL_LIMITS.controlReconnectMaxMs,
    );
    this.#failuresInARow = Math.min(this.#failuresInARow + 1, 16);
    await pause(longest * (0.5 + Math.random() / 2), signal);
  }
}

/** Whether trying again may help: a desk that is down, stopping or starting, or a broken connection. A wrong token stays wrong. */
export function isTemporary(error: unknown): error is GrapevineError {
  const temporary = ['ERR_DESK_NOT_RUNNING', 'ERR_CONNECTION_LOST', 'ERR_STOPPING', 'ERR_OVERLOADED', 'ERR_TIMEOUT'];
  return error instanceof GrapevineError && temporary.includes(error.code);
}

/** Resolves after the time, or when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
