/**
 * Limits how many tasks start in one turn of the event loop, however long they run. The others wait in a fair queue for
 * the next turns.
 */
import { FairQueue, type Task } from './fair-queue.ts';

export class TurnQueue {
  readonly #perTurn: number;
  readonly #waitingMax: number;
  readonly #waiting = new FairQueue();
  #started = 0;

  constructor(perTurn: number, waitingMax: number) {
    this.#perTurn = perTurn;
    this.#waitingMax = waitingMax;
  }

  /** @returns true if the caller must start its task now, which is already counted; false if it must `wait` */
  tryStart(): boolean {
    if (this.#started >= this.#perTurn || this.#waiting.size > 0) return false;
    this.#count();
    return true;
  }

  /** @returns false if too many tasks are waiting */
  wait(group: unknown, task: Task): boolean {
    if (this.#waiting.size >= this.#waitingMax) return false;
    this.#waiting.add(group, task);
    return true;
  }

  #count(): void {
    if (this.#started === 0) setImmediate(this.#nextTurn);
    this.#started++;
  }

  readonly #nextTurn = (): void => {
    this.#started = 0;
    while (this.#started < this.#perTurn) {
      const task = this.#waiting.next();
      if (task === null) return;
      this.#count();
      task();
    }
  };
}
