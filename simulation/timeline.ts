/**
 * Virtual time: one queue of everything that is going to happen. Events of the same moment happen in the order in which
 * they were planned. Between two events everything that needs no time (promises) comes to its end, so that a run is one
 * sequence of events and nothing else.
 */
export interface Planned {
  cancel(): void;
}

interface Event extends Planned {
  readonly at: number;
  readonly order: number;
  run: (() => void) | null;
}

export class Timeline {
  readonly #queue: Event[] = [];
  #now = 0;
  #planned = 0;
  #happened = 0;
  #live = 0;
  #held: Promise<void> | null = null;

  /** Milliseconds since the world began. */
  get now(): number {
    return this.#now;
  }

  get happened(): number {
    return this.#happened;
  }

  /** Events that are still to come. */
  get waiting(): number {
    return this.#live;
  }

  after(ms: number, run: () => void): Planned {
    this.#planned += 1;
    this.#live += 1;
    const event: Event = {
      at: this.#now + Math.max(0, ms),
      order: this.#planned,
      run,
      cancel: () => {
        if (event.run === null) return;
        event.run = null;
        this.#live -= 1;
      },
    };
    this.#push(event);
    return event;
  }

  /** Lets everything happen until `untilMs`, or until nothing is left. `afterEach` may throw to end the run. */
  async run(untilMs: number, afterEach: () => void): Promise<void> {
    // What was begun before the first event comes to rest as well.
    await new Promise(setImmediate);
    for (let event = this.#pop(untilMs); event !== null; event = this.#pop(untilMs)) {
      const { run } = event;
      if (run === null) continue;
      event.run = null;
      this.#live -= 1;
      this.#happened += 1;
      this.#now = event.at;
      run();
      // An immediate comes when no promise is left to go on: this is what makes the order of everything certain.
      await new Promise(setImmediate);
      if (this.#held !== null) await this.#release();
      afterEach();
    }
  }

  /** Virtual time stands still until this is done: for the little that is done by other threads. */
  hold(work: Promise<void>): void {
    this.#held = work;
  }

  async #release(): Promise<void> {
    await this.#held;
    this.#held = null;
    await new Promise(setImmediate);
  }

  // ---- a binary heap ----------------------------------------------------------------------------------------------------

  #push(event: Event): void {
    const queue = this.#queue;
    let index = queue.length;
    while (index > 0) {
      const parentIndex = (index - 1) >>> 1;
      const parent = queue[parentIndex];
      if (parent === undefined || isBefore(parent, event)) break;
      queue[index] = parent;
      index = parentIndex;
    }
    queue[index] = event;
  }

  #pop(untilMs: number): Event | null {
    const [first] = this.#queue;
    if (first === undefined || (first.at > untilMs && first.run !== null)) return null;
    const last = this.#queue.pop();
    if (last !== undefined && last !== first) this.#sink(last);
    return first;
  }

  #sink(event: Event): void {
    const queue = this.#queue;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      let child = queue[childIndex];
      if (child === undefined) break;
      const right = queue[childIndex + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        childIndex += 1;
      }
      if (isBefore(event, child)) break;
      queue[index] = child;
      index = childIndex;
    }
    queue[index] = event;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
