/**
 * The alarms of one clock, with a single timer for the earliest. A desk has two alarms for each open offer, and sets and
 * cancels several in each deal, so they are in a binary heap.
 */
import type { Alarm } from '../ports/clock.ts';

/** Alarms that run in one turn of the event loop; other due alarms run in the next turns. */
const ALARMS_PER_TURN = 32;

export interface AlarmQueueInit {
  /** Milliseconds. */
  readonly now: () => number;
  /** The longest time until the clock is checked again. */
  readonly waitMaxMs: number;
}

export class AlarmQueue {
  readonly #init: AlarmQueueInit;
  /** A binary heap: the alarm at index i is not later than those at 2i + 1 and 2i + 2. */
  readonly #heap: QueuedAlarm[] = [];
  #lastNumber = 0;
  #timer: NodeJS.Timeout | null = null;
  #timerMs = Infinity;

  constructor(init: AlarmQueueInit) {
    this.#init = init;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Calls `wake` once, when the clock shows `timeMs` or later; never synchronously. */
  add(timeMs: number, wake: () => void): Alarm {
    const alarm = new QueuedAlarm(this, timeMs, ++this.#lastNumber, wake);
    this.#heap.push(alarm);
    this.#moveUp(alarm, this.#heap.length - 1);
    if (timeMs < this.#timerMs) this.#setTimer();
    return alarm;
  }

  /** @internal used by the alarm */
  remove({ index }: QueuedAlarm): void {
    const last = this.#heap.pop();
    if (last !== undefined && index < this.#heap.length) {
      this.#moveUp(last, index);
      this.#moveDown(last, last.index);
    }
    // An empty queue must not keep the process alive. A timer that is too early for the next alarm is just set again.
    if (this.#heap.length === 0) this.#clearTimer();
  }

  #setTimer(): void {
    this.#clearTimer();
    const [first] = this.#heap;
    if (first === undefined) return;
    const { now, waitMaxMs } = this.#init;
    this.#timerMs = first.timeMs;
    // Rounded up: a timer that fires a fraction of a millisecond early must be set again.
    const waitMs = Math.max(0, Math.ceil(first.timeMs - now()));
    this.#timer = setTimeout(this.#onTimer, Math.min(waitMs, waitMaxMs));
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerMs = Infinity;
  }

  readonly #onTimer = (): void => {
    const now = this.#init.now();
    try {
      for (let count = 0; count < ALARMS_PER_TURN; count += 1) {
        const [first] = this.#heap;
        if (first === undefined || first.timeMs > now) return;
        first.cancel();
        first.wake();
      }
    } finally {
      this.#setTimer();
    }
  };

  #moveUp(alarm: QueuedAlarm, from: number): void {
    let index = from;
    while (index > 0) {
      const parent = this.#heap[(index - 1) >> 1];
      if (parent === undefined || !alarm.isBefore(parent)) break;
      this.#put(parent, index);
      index = (index - 1) >> 1;
    }
    this.#put(alarm, index);
  }

  #moveDown(alarm: QueuedAlarm, from: number): void {
    let index = from;
    for (;;) {
      const child = this.#earlierChild(index);
      if (child?.isBefore(alarm) !== true) break;
      const next = child.index;
      this.#put(child, index);
      index = next;
    }
    this.#put(alarm, index);
  }

  #earlierChild(index: number): QueuedAlarm | undefined {
    const left = this.#heap[2 * index + 1];
    const right = this.#heap[2 * index + 2];
    return left !== undefined && right?.isBefore(left) === true ? right : left;
  }

  #put(alarm: QueuedAlarm, index: number): void {
    this.#heap[index] = alarm;
    alarm.index = index;
  }
}

const NOT_QUEUED = -1;

class QueuedAlarm implements Alarm {
  readonly #queue: AlarmQueue;
  readonly timeMs: number;
  readonly number: number;
  readonly wake: () => void;
  /** In the heap. */
  index = NOT_QUEUED;

  constructor(queue: AlarmQueue, timeMs: number, number: number, wake: () => void) {
    this.#queue = queue;
    this.timeMs = timeMs;
    this.number = number;
    this.wake = wake;
  }

  /** Of two alarms at the same time, the one that was set first is before. */
  isBefore({ timeMs, number }: QueuedAlarm): boolean {
    return this.timeMs < timeMs || (this.timeMs === timeMs && this.number < number);
  }

  cancel(): void {
    if (this.index === NOT_QUEUED) return;
    this.#queue.remove(this);
    this.index = NOT_QUEUED;
  }
}
