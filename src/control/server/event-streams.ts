/** All open event streams of all listeners: limits their number, and ends them together. */
import type { FastifyReply } from 'fastify';
import type { Clock } from '../../ports/clock.ts';
import { GrapevineError } from '../../protocol/errors.ts';
import type { Cursor } from '../contract/events.ts';
import type { EventLog } from '../event-log.ts';
import { EventStream, type EventStreamBounds } from './event-stream.ts';

interface EventStreamsInit {
  readonly events: EventLog;
  readonly clock: Clock;
  readonly bounds: EventStreamBounds & { readonly streamsMax: number };
}

export class EventStreams {
  readonly #init: EventStreamsInit;
  readonly #streams = new Set<EventStream>();

  constructor(init: EventStreamsInit) {
    this.#init = init;
  }

  /**
   * Streams until the reader disconnects.
   * @throws GrapevineError ERR_OVERLOADED; ERR_USAGE for a cursor in the future
   */
  async open(after: Cursor | null, reply: FastifyReply): Promise<void> {
    const { events, clock, bounds } = this.#init;
    if (this.#streams.size >= bounds.streamsMax)
      throw new GrapevineError('ERR_OVERLOADED', `${bounds.streamsMax} event streams are being read already`);
    if (after?.life === events.life && after.number > events.latest)
      throw new GrapevineError('ERR_USAGE', 'after is the cursor of an event that has not happened yet');
    reply.hijack();
    const stream = new EventStream(reply.raw, events, clock, bounds);
    this.#streams.add(stream);
    try {
      await stream.run(after);
    } finally {
      this.#streams.delete(stream);
    }
  }

  endAll(): void {
    for (const stream of this.#streams) stream.end();
  }
}
