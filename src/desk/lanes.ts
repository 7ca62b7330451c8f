/** Work that waits for its turn: so much at a time, and so much waiting. What is more than that is not taken. */
export interface LanesInit {
  readonly atOnce: number;
  readonly waitingMax: number;
  /** Told of work that fails: nobody waits for its end. */
  readonly failed: (error: unknown) => void;
}

export class Lanes {
  readonly #init: LanesInit;
  readonly #waiting: (() => Promise<void>)[] = [];
  #busy = 0;
  #stopped = false;

  constructor(init: LanesInit) {
    this.#init = init;
  }

  /** @returns false when it was not taken */
  add(work: () => Promise<void>): boolean {
    if (this.#stopped || this.#waiting.length >= this.#init.waitingMax) return false;
    this.#waiting.push(work);
    this.#next();
    return true;
  }

  /** What waits is forgotten; what is under way ends by itself. */
  stop(): void {
    this.#stopped = true;
    this.#waiting.length = 0;
  }

  #next(): void {
    const work = this.#busy < this.#init.atOnce ? this.#waiting.shift() : undefined;
    if (work === undefined) return;
    this.#busy += 1;
    void work()
      .catch(this.#init.failed)
      .finally(() => {
        this.#busy -= 1;
        this.#next();
      });
  }
}
