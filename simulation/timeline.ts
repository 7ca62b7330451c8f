/**
 * Virtual time: one queue of planned events. Events at the same time happen in the order in which they were planned. All promises settle
 * between two events, so a run is one sequence of events.
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

  /** Milliseconds since the start of the world. */
  get now(): number {
    return this.#now;
  }

  get happened(): number {
    return this.#happened;
  }

  /** The number of planned events. */
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

  /** Runs the events until `untilMs`, or until none is left. `afterEach` may throw to end the run. */
  async run(untilMs: number, afterEach: () => void): Promise<void> {
    // Promises from before the first event settle too.
    await new Promise(setImmediate);
    for (let event = this.#pop(untilMs); event !== null; event = this.#pop(untilMs)) {
      const { run } = event;
      if (run === null) continue;
      event.run = null;
      this.#live -= 1;
      this.#happened += 1;
      this.#now = event.at;
      run();
      // An immediate runs when no promise can continue, which makes the order of events deterministic.
      await new Promise(setImmediate);
      if (this.#held !== null) await this.#release();
      afterEach();
    }
  }

  /** Stops virtual time until this is done, for work of other threads. */
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
