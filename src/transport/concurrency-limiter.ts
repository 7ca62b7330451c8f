/**
 * Runs so many tasks at once and no more; the others wait, up to a limit. Tasks may come in groups, and the groups take turns,
 * so that a group with hundreds of tasks does not hold up a group with one.
 */
type Task = () => Promise<void>;

export interface ConcurrencyLimiterInit {
  /** Tasks that run at the same time. */
  readonly concurrency: number;
  /** Tasks that may wait. */
  readonly waitingMax: number;
}

export class ConcurrencyLimiter {
  readonly #init: ConcurrencyLimiterInit;
  /** Waiting tasks of each group, in the order of the groups' turns. */
  readonly #groups = new Map<unknown, Task[]>();
  #running = 0;
  #waiting = 0;
  #isStopped = false;

  constructor(init: ConcurrencyLimiterInit) {
    this.#init = init;
  }

  /**
   * The task may begin before this returns.
   * @returns null if too many wait already, or after `stop`; otherwise what the task gives, or rejects as it does
   */
  run<Result>(task: () => Promise<Result>, group?: unknown): Promise<Result> | null {
    if (this.#isStopped || this.#waiting >= this.#init.waitingMax) return null;
    return new Promise((resolve, reject) => {
      const tasks = this.#groups.get(group) ?? [];
      tasks.push(() => task().then(resolve, reject));
      this.#groups.set(group, tasks);
      this.#waiting++;
      this.#advance();
    });
  }

  /** Running tasks end by themselves. Waiting tasks are dropped: their promises never settle. */
  stop(): void {
    this.#isStopped = true;
    this.#groups.clear();
    this.#waiting = 0;
  }

  #advance(): void {
    while (this.#running < this.#init.concurrency) {
      const task = this.#next();
      if (task === null) return;
      this.#running++;
      void task().finally(() => {
        this.#running--;
        this.#advance();
      });
    }
  }

  /** The first task of the group whose turn it is; that group goes to the end. */
  #next(): Task | null {
    for (const [group, tasks] of this.#groups) {
      const task = tasks.shift();
      this.#groups.delete(group);
      if (tasks.length > 0) this.#groups.set(group, tasks);
      if (task === undefined) continue;
      this.#waiting--;
      return task;
    }
    return null;
  }
}
