/** Runs work with the same key one after another; work with different keys does not wait. */
export class KeyedQueue {
  readonly #latest = new Map<string, Promise<unknown>>();

  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#latest.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#latest.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#latest.get(key) === mine) this.#latest.delete(key);
    }
  }
}
