/** Runs tasks with the same key one after another. Tasks with different keys do not wait for each other. */
export class KeyedQueue {
  readonly #latest = new Map<string, Promise<unknown>>();

  async run<Result>(key: string, task: () => Promise<Result>): Promise<Result> {
    const previous = this.#latest.get(key) ?? Promise.resolve();
    const mine = previous.then(task, task);
    this.#latest.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#latest.get(key) === mine) this.#latest.delete(key);
    }
  }
}
