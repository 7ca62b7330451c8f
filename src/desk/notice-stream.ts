/** The notices of a desk as an async iterator. */
import { GrapevineError } from '../protocol/errors.ts';
import { DESK_LIMITS } from './limits.ts';
import type { DeskNotice } from './desk-events.ts';
import { onAbort } from './on-abort.ts';

export interface WaitOptions {
  /** Ends the wait with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface Subscriber {
  readonly next: (notice: DeskNotice) => void;
  /** Called when there will be no more notices. */
  readonly end: () => void;
}

/** @returns a function that ends the subscription */
export type Subscribe = (subscriber: Subscriber) => () => void;

interface Reader {
  readonly resolve: (result: IteratorResult<DeskNotice, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * All notices from now on, in order. Unread notices wait, up to a limit. A reader that is too slow gets ERR_OVERLOADED
 * rather than a stream with gaps. Ends when the desk stops, when the reader leaves its loop, or with the signal's reason.
 */
export class NoticeStream implements AsyncIterableIterator<DeskNotice, undefined> {
  #unsubscribe = (): void => undefined;
  #stopWatching = (): void => undefined;
  readonly #waiting: DeskNotice[] = [];
  #reader: Reader | null = null;
  #over: { readonly error: unknown } | 'ended' | null = null;

  constructor(subscribe: Subscribe, { signal }: WaitOptions) {
    if (signal?.aborted === true) {
      this.#end({ error: signal.reason });
      return;
    }
    this.#unsubscribe = subscribe({ next: this.#onNotice, end: () => this.#end('ended') });
    if (signal === undefined) return;
    this.#stopWatching = onAbort(signal, () => this.#end({ error: signal.reason }));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<DeskNotice, undefined>> {
    const notice = this.#waiting.shift();
    if (notice !== undefined) return Promise.resolve({ done: false, value: notice });
    if (this.#over === 'ended') return Promise.resolve({ done: true, value: undefined });
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason of a signal is the caller's
    if (this.#over !== null) return Promise.reject(this.#over.error);
    if (this.#reader !== null) {
      return Promise.reject(
        new GrapevineError(
          'ERR_WRONG_STATE',
          'the previous call of next() is still waiting; open a stream for each reader',
        ),
      );
    }
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<DeskNotice, undefined>> {
    this.#waiting.length = 0;
    this.#end('ended');
    return Promise.resolve({ done: true, value: undefined });
  }

  readonly #onNotice = (notice: DeskNotice): void => {
    const reader = this.#reader;
    if (reader !== null) {
      this.#reader = null;
      reader.resolve({ done: false, value: notice });
    } else if (this.#waiting.length < DESK_LIMITS.noticesWaitingMax) this.#waiting.push(notice);
    else
      this.#end({
        error: new GrapevineError(
          'ERR_OVERLOADED',
          `more than ${DESK_LIMITS.noticesWaitingMax} notices wait to be read: the program reads them too slowly`,
        ),
      });
  };

  #end(over: { readonly error: unknown } | 'ended'): void {
    this.#over ??= over;
    this.#unsubscribe();
    this.#stopWatching();
    const reader = this.#reader;
    this.#reader = null;
    if (over === 'ended') reader?.resolve({ done: true, value: undefined });
    else reader?.reject(over.error);
  }
}
