/**
 * Runs tasks, so many at once and no more. Tasks come in lanes, and the lanes take turns, so that one with hundreds of
 * tasks holds up nobody who has one.
 */
export type Lane = symbol | string;

type Task = () => Promise<void>;

export class FairQueue {
  readonly #concurrency: number;
  readonly #waitingMax: number;
  /** In the order of their turns. */
  readonly #lanes = new Map<Lane, Task[]>();
  #running = 0;
  #waiting = 0;

  constructor(concurrency: number, waitingMax: number) {
    this.#concurrency = concurrency;
    this.#waitingMax = waitingMax;
  }

  /** @returns null if too many wait already; otherwise what the task gives, or rejects as it does */
  run<Result>(lane: Lane, task: () => Promise<Result>): Promise<Result> | null {
    if (this.#waiting >= this.#waitingMax) return null;
    return new Promise((resolve, reject) => {
      const tasks = this.#lanes.get(lane) ?? [];
      tasks.push(() => task().then(resolve, reject));
      this.#lanes.set(lane, tasks);
      this.#waiting++;
      this.#advance();
    });
  }

  #advance(): void {
    while (this.#running < this.#concurrency) {
      const task = this.#next();
      if (task === null) return;
      this.#running++;
      void task().finally(() => {
        this.#running--;
        this.#advance();
      });
    }
  }

  /** The first task of the lane whose turn it is; that lane goes to the end. */
  #next(): Task | null {
    for (const [lane, tasks] of this.#lanes) {
      const task = tasks.shift();
      this.#lanes.delete(lane);
      if (tasks.length > 0) this.#lanes.set(lane, tasks);
      if (task === undefined) continue;
      this.#waiting--;
      return task;
    }
    return null;
  }
}
