/**
 * Publishes the notices of a desk: to event listeners, to any number of streams, and to the log. An error in a listener
 * does not interrupt the desk.
 */
import type { EventEmitter } from 'node:events';
import { silentLog, type Log } from '../ports/log.ts';
import type { DeskNotice } from './desk-events.ts';
import { logNotice } from './notice-log.ts';
import type { Subscribe, Subscriber } from './notice-stream.ts';

export class NoticePublisher {
  readonly #emitter: EventEmitter;
  readonly #log: Log;
  readonly #failed: (error: unknown) => void;
  /** Not listeners of the emitter, which reports more than ten of them as a leak. */
  readonly #subscribers = new Set<Subscriber>();
  #hasEnded = false;

  constructor(emitter: EventEmitter, log: Log, failed: (error: unknown) => void) {
    this.#emitter = emitter;
    this.#log = log;
    this.#failed = failed;
  }

  readonly subscribe: Subscribe = (subscriber) => {
    if (this.#hasEnded) subscriber.end();
    else this.#subscribers.add(subscriber);
    return () => {
      this.#subscribers.delete(subscriber);
    };
  };

  /** Ends all streams: the desk has stopped. */
  end(): void {
    this.#hasEnded = true;
    for (const subscriber of this.#subscribers) subscriber.end();
  }

  readonly publish = (notice: DeskNotice): void => {
    if (this.#log !== silentLog) logNotice(this.#log, notice);
    for (const subscriber of this.#subscribers) subscriber.next(notice);
    try {
      this.#emitter.emit('notice', notice);
      this.#emitter.emit(notice.event, notice);
    } catch (error) {
      this.#failed(error);
    }
  };
}
