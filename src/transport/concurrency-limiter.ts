/**
 * Limits how many tasks run at once; the others wait, up to a limit. Tasks may come in groups, and the groups take turns,
 * so that a group with hundreds of tasks does not hold up a group with one.
 */
import { TaskGroups } from './task-groups.ts';

export interface ConcurrencyLimiterInit {
  /** Tasks that run at the same time. */
  readonly concurrency: number;
  /** Tasks that may wait. */
  readonly waitingMax: number;
}

export class ConcurrencyLimiter {
  readonly #init: ConcurrencyLimiterInit;
  readonly #waiting = new TaskGroups();
  #running = 0;
  #isStopped = false;

  constructor(init: ConcurrencyLimiterInit) {
    this.#init = init;
  }

  /**
   * The task may begin before this returns.
   * @returns null if too many wait already, or after `stop`; otherwise what the task gives, or rejects as it does
   */
  run<Result>(task: () => Promise<Result>, group?: unknown): Promise<Result> | null {
    if (this.#isStopped) return null;
    // None waits while there is room.
    if (this.#running < this.#init.concurrency) return this.#start(task);
    if (this.#waiting.size >= this.#init.waitingMax) return null;
    return new Promise((resolve, reject) => {
      this.#waiting.add(group, () => {
        this.#start(task).then(resolve, reject);
      });
    });
  }

  /** Running tasks end by themselves. Waiting tasks are dropped: their promises never settle. */
  stop(): void {
    this.#isStopped = true;
    this.#waiting.clear();
  }

  #start<Result>(task: () => Promise<Result>): Promise<Result> {
    this.#running++;
    const result = task();
    result.then(this.#ended, this.#ended);
    return result;
  }

  readonly #ended = (): void => {
    this.#running--;
    this.#waiting.next()?.();
  };
}
