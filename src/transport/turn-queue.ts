/**
 * Starts so many tasks in one turn of the event loop and no more, however long they take; the rest wait for the next turns, in groups
 * that take turns.
 */
import { TaskGroups, type Task } from './task-groups.ts';

export class TurnQueue {
  readonly #perTurn: number;
  readonly #waitingMax: number;
  readonly #waiting = new TaskGroups();
  #started = 0;

  constructor(perTurn: number, waitingMax: number) {
    this.#perTurn = perTurn;
    this.#waitingMax = waitingMax;
  }

  /** @returns whether a task may start right now; it counts as started then */
  mayStart(): boolean {
    if (this.#started >= this.#perTurn || this.#waiting.size > 0) return false;
    this.#count();
    return true;
  }

  /** @returns false if too many wait already */
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
