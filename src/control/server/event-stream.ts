/**
 * One reader of the event stream. It gets the events since its cursor in batches; the next batch is made when the connection has
 * taken the previous one. A reader that accepts no data for a while, or is too far behind, is disconnected; it can reconnect with its
 * cursor.
 */
import type { ServerResponse } from 'node:http';
import type { Alarm, Clock } from '../../ports/clock.ts';
import type { Cursor, StreamEvent } from '../contract/events.ts';
import type { EventLog, LoggedEvent } from '../event-log.ts';

export interface EventStreamBounds {
  readonly heartbeatMs: number;
  /** How long a reader may accept no data. */
  readonly stallMs: number;
  readonly batchMax: number;
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // The connection is closed with the stream.
  connection: 'close',
};

type WakeReason = 'event' | 'drain' | 'time' | 'closed';

export class EventStream {
  readonly #response: ServerResponse;
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #bounds: EventStreamBounds;
  #sentUpTo: number;
  #wake: ((why: WakeReason) => void) | null = null;
  #closed = false;

  constructor(response: ServerResponse, log: EventLog, clock: Clock, bounds: EventStreamBounds) {
    this.#response = response;
    this.#log = log;
    this.#clock = clock;
    this.#bounds = bounds;
    this.#sentUpTo = log.latest;
  }

  /** Resolves when the reader disconnects or is disconnected, or `end` is called. Never rejects. */
  async run(after: Cursor | null): Promise<void> {
    const unwatch = this.#log.watch(() => this.#wake?.('event'));
    const closed = (): void => {
      this.#closed = true;
      this.#wake?.('closed');
    };
    this.#response
      .on('drain', () => this.#wake?.('drain'))
      .on('close', closed)
      .on('error', closed);
    this.#response.writeHead(200, HEADERS);
    try {
      let hasRoom = this.#response.write(this.#firstPart(after));
      while (!this.#closed) hasRoom = hasRoom ? await this.#next() : await this.#drained();
    } finally {
      unwatch();
    }
  }

  /** Called when the desk stops. Data that is already written still arrives. */
  end(): void {
    this.#closed = true;
    this.#response.end();
    this.#wake?.('closed');
  }

  /** The first part of the stream. Never empty, so that the reader knows that it is connected. */
  #firstPart(after: Cursor | null): string {
    if (after === null) return this.#streamEvent({ event: 'stream.open' }, this.#log.latest);
    if (after.life !== this.#log.life)
      return this.#streamEvent({ event: 'stream.gap', reason: 'restarted' }, this.#log.oldest - 1);
    if (after.number + 1 < this.#log.oldest)
      return this.#streamEvent({ event: 'stream.gap', reason: 'forgotten' }, this.#log.oldest - 1);
    this.#sentUpTo = after.number;
    return ': on\n\n';
  }

  #streamEvent(event: StreamEvent, number: number): string {
    this.#sentUpTo = number;
    return format(this.#log.streamEvent(event, number));
  }

  async #next(): Promise<boolean> {
    const events = this.#log.after(this.#sentUpTo, this.#bounds.batchMax);
    if (events === null) return this.#disconnect();
    if (events.length > 0) {
      this.#sentUpTo += events.length;
      return this.#response.write(events.map(format).join(''));
    }
    const woken = await this.#wait(this.#bounds.heartbeatMs, 'event');
    return woken === 'time' ? this.#response.write(': on\n\n') : true;
  }

  async #drained(): Promise<boolean> {
    if (!this.#response.writableNeedDrain) return true;
    const woken = await this.#wait(this.#bounds.stallMs, 'drain');
    return woken === 'time' ? this.#disconnect() : true;
  }

  #disconnect(): boolean {
    this.#closed = true;
    this.#response.destroy();
    return false;
  }

  #wait(timeoutMs: number, expected: WakeReason): Promise<WakeReason> {
    return new Promise((resolve) => {
      let alarm: Alarm | null = null;
      const wake = (why: WakeReason): void => {
        if (why !== 'time' && why !== 'closed' && why !== expected) return;
        this.#wake = null;
        alarm?.cancel();
        resolve(why);
      };
      this.#wake = wake;
      alarm = this.#clock.wakeAtMonotonic(this.#clock.monotonicNow() + timeoutMs, () => wake('time'));
    });
  }
}

function format({ name, cursor, data }: LoggedEvent): string {
  return `id: ${cursor}\nevent: ${name}\ndata: ${data}\n\n`;
}
