/** Limits how many tasks run at once. Further tasks wait in a fair queue of limited length. */
import { FairQueue } from './fair-queue.ts';

export interface ConcurrencyLimiterInit {
  readonly concurrency: number;
  readonly waitingMax: number;
}

export class ConcurrencyLimiter {
  readonly #init: ConcurrencyLimiterInit;
  readonly #waiting = new FairQueue();
  #running = 0;
  #isStopped = false;

  constructor(init: ConcurrencyLimiterInit) {
    this.#init = init;
  }

  /**
   * The task may start before this returns.
   * @param group tasks of different groups take turns
   * @returns the result of the task; null if too many tasks are waiting, or after `stop`
   */
  run<Result>(task: () => Promise<Result>, group?: unknown): Promise<Result> | null {
    if (this.#isStopped) return null;
    if (this.#running < this.#init.concurrency) return this.#start(task);
    if (this.#waiting.size >= this.#init.waitingMax) return null;
    return new Promise((resolve, reject) => {
      this.#waiting.add(group, () => {
        this.#start(task).then(resolve, reject);
      });
    });
  }

  /** Running tasks continue. Waiting tasks are dropped: their promises never settle. */
  stop(): void {
    this.#isStopped = true;
    this.#waiting.clear();
  }

  #start<Result>(task: () => Promise<Result>): Promise<Result> {
    this.#running++;
    const result = task();
    result.then(this.#onEnd, this.#onEnd);
    return result;
  }

  readonly #onEnd = (): void => {
    this.#running--;
    this.#waiting.next()?.();
  };
}
