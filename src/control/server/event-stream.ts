/**
 * One reader of the event stream. It gets the events since its cursor in batches; the next batch is made when the connection has
 * taken the previous one. A reader that accepts no data for a while, or is too far behind, is disconnected; it can reconnect with its
 * cursor.
 */
import type { ServerResponse } from 'node:http';
import type { Alarm, Clock } from '../../ports/clock.ts';
import type { Cursor, StreamWord } from '../contract/events.ts';
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

type Woken = 'event' | 'drain' | 'time' | 'closed';

export class EventStream {
  readonly #response: ServerResponse;
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #bounds: EventStreamBounds;
  #given: number;
  #wake: ((why: Woken) => void) | null = null;
  #closed = false;

  constructor(response: ServerResponse, log: EventLog, clock: Clock, bounds: EventStreamBounds) {
    this.#response = response;
    this.#log = log;
    this.#clock = clock;
    this.#bounds = bounds;
    this.#given = log.latest;
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
      let isTaken = this.#response.write(this.#beginning(after));
      while (!this.#closed) isTaken = isTaken ? await this.#next() : await this.#drained();
    } finally {
      unwatch();
    }
  }

  /** Called when the desk stops: what is written still arrives. */
  end(): void {
    this.#closed = true;
    this.#response.end();
    this.#wake?.('closed');
  }

  /** The first part of the stream. Never empty, so that the reader knows that it is connected. */
  #beginning(after: Cursor | null): string {
    if (after === null) return this.#word({ event: 'stream.open' }, this.#log.latest);
    if (after.life !== this.#log.life)
      return this.#word({ event: 'stream.gap', reason: 'restarted' }, this.#log.oldest - 1);
    if (after.number + 1 < this.#log.oldest)
      return this.#word({ event: 'stream.gap', reason: 'forgotten' }, this.#log.oldest - 1);
    this.#given = after.number;
    return ': on\n\n';
  }

  #word(word: StreamWord, number: number): string {
    this.#given = number;
    return format(this.#log.word(word, number));
  }

  async #next(): Promise<boolean> {
    const events = this.#log.after(this.#given, this.#bounds.batchMax);
    if (events === null) return this.#cut();
    if (events.length > 0) {
      this.#given += events.length;
      return this.#response.write(events.map(format).join(''));
    }
    const woken = await this.#woken(this.#bounds.heartbeatMs, 'event');
    return woken === 'time' ? this.#response.write(': on\n\n') : true;
  }

  async #drained(): Promise<boolean> {
    if (!this.#response.writableNeedDrain) return true;
    const woken = await this.#woken(this.#bounds.stallMs, 'drain');
    return woken === 'time' ? this.#cut() : true;
  }

  #cut(): boolean {
    this.#closed = true;
    this.#response.destroy();
    return false;
  }

  #woken(atMostMs: number, by: Woken): Promise<Woken> {
    return new Promise((resolve) => {
      let alarm: Alarm | null = null;
      const wake = (why: Woken): void => {
        if (why !== 'time' && why !== 'closed' && why !== by) return;
        this.#wake = null;
        alarm?.cancel();
        resolve(why);
      };
      this.#wake = wake;
      alarm = this.#clock.wakeAtMonotonic(this.#clock.monotonicNow() + atMostMs, () => wake('time'));
    });
  }
}

function format({ name, cursor, data }: LoggedEvent): string {
  return `id: ${cursor}\nevent: ${name}\ndata: ${data}\n\n`;
}
