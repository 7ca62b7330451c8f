/** A queue of tasks in groups that take turns, so that a group with hundreds of tasks does not delay a group with one. */
export type Task = () => void;

export class FairQueue {
  /** Waiting tasks of each group, in the order of the groups' turns. */
  readonly #groups = new Map<unknown, Task[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(group: unknown, task: Task): void {
    const tasks = this.#groups.get(group);
    if (tasks === undefined) this.#groups.set(group, [task]);
    else tasks.push(task);
    this.#size++;
  }

  /** Removes and returns the first task of the group whose turn it is, and moves that group to the end. */
  next(): Task | null {
    for (const [group, tasks] of this.#groups) {
      const task = tasks.shift();
      this.#groups.delete(group);
      if (tasks.length > 0) this.#groups.set(group, tasks);
      if (task === undefined) continue;
      this.#size--;
      return task;
    }
    return null;
  }

  clear(): void {
    this.#groups.clear();
    this.#size = 0;
  }
}
