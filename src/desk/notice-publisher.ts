/**
 * Tells a desk's program what happens: as events, to any number of streams, and to the log. A program's listener must not be
 * able to stop a desk in the middle of what it does.
 */
import type { EventEmitter } from 'node:events';
import { silentLog, type Log } from '../ports/log.ts';
import type { DeskNotice } from './desk-events.ts';
import { logNotice } from './notice-log.ts';

export class NoticePublisher {
  readonly #emitter: EventEmitter;
  readonly #log: Log;
  readonly #failed: (error: unknown) => void;
  /** Not listeners of the emitter, which takes more than ten of these for a leak. */
  readonly #subscribers = new Set<(notice: DeskNotice) => void>();

  constructor(emitter: EventEmitter, log: Log, failed: (error: unknown) => void) {
    this.#emitter = emitter;
    this.#log = log;
    this.#failed = failed;
  }

  readonly subscribe = (subscriber: (notice: DeskNotice) => void): (() => void) => {
    this.#subscribers.add(subscriber);
    return () => {
      this.#subscribers.delete(subscriber);
    };
  };

  readonly publish = (notice: DeskNotice): void => {
    if (this.#log !== silentLog) logNotice(this.#log, notice);
    for (const subscriber of this.#subscribers) subscriber(notice);
    try {
      this.#emitter.emit('notice', notice);
      this.#emitter.emit(notice.event, notice);
    } catch (error) {
      this.#failed(error);
    }
  };
}
