/**
 * Alarms on one clock, with one timer for the first of them: a desk has two for each open offer, and sets and cancels several in each
 * deal. A heap, so that none costs more than the logarithm of their number.
 */
import type { Alarm } from '../ports/clock.ts';

/** Alarms that ring in a row; further ones that are due let other work have its turn first. */
const RINGS_AT_ONCE = 32;

export interface AlarmQueueInit {
  /** In milliseconds. */
  readonly now: () => number;
  /** The clock is looked at after this at the latest. */
  readonly waitMaxMs: number;
}

export class AlarmQueue {
  readonly #init: AlarmQueueInit;
  /** The earliest first, and each before the two at twice its place. */
  readonly #heap: QueuedAlarm[] = [];
  #added = 0;
  #timer: NodeJS.Timeout | null = null;
  #timerMs = Infinity;

  constructor(init: AlarmQueueInit) {
    this.#init = init;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Calls `wake` once, when the clock shows `timeMs` or later, never before this has returned. */
  add(timeMs: number, wake: () => void): Alarm {
    const alarm = new QueuedAlarm(this, timeMs, ++this.#added, wake);
    this.#heap.push(alarm);
    this.#rise(alarm, this.#heap.length - 1);
    if (timeMs < this.#timerMs) this.#setTimer();
    return alarm;
  }

  /** @internal for the alarm */
  remove({ place }: QueuedAlarm): void {
    const last = this.#heap.pop();
    if (last !== undefined && place < this.#heap.length) {
      this.#rise(last, place);
      this.#sink(last, last.place);
    }
    // An empty queue must not keep the process up; otherwise the timer finds out that it is early.
    if (this.#heap.length === 0) this.#clearTimer();
  }

  #setTimer(): void {
    this.#clearTimer();
    const [first] = this.#heap;
    if (first === undefined) return;
    const { now, waitMaxMs } = this.#init;
    this.#timerMs = first.timeMs;
    // Rounded up: a timer that is early by part of a millisecond would only be set again.
    const waitMs = Math.max(0, Math.ceil(first.timeMs - now()));
    this.#timer = setTimeout(this.#look, Math.min(waitMs, waitMaxMs));
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerMs = Infinity;
  }

  readonly #look = (): void => {
    const now = this.#init.now();
    try {
      for (let rung = 0; rung < RINGS_AT_ONCE; rung += 1) {
        const [first] = this.#heap;
        if (first === undefined || first.timeMs > now) return;
        first.cancel();
        first.wake();
      }
    } finally {
      this.#setTimer();
    }
  };

  #rise(alarm: QueuedAlarm, from: number): void {
    let place = from;
    while (place > 0) {
      const above = this.#heap[(place - 1) >> 1];
      if (above === undefined || !alarm.isBefore(above)) break;
      this.#put(above, place);
      place = (place - 1) >> 1;
    }
    this.#put(alarm, place);
  }

  #sink(alarm: QueuedAlarm, from: number): void {
    let place = from;
    for (;;) {
      const below = this.#earlierBelow(place);
      if (below?.isBefore(alarm) !== true) break;
      const next = below.place;
      this.#put(below, place);
      place = next;
    }
    this.#put(alarm, place);
  }

  #earlierBelow(place: number): QueuedAlarm | undefined {
    const left = this.#heap[2 * place + 1];
    const right = this.#heap[2 * place + 2];
    return left !== undefined && right?.isBefore(left) === true ? right : left;
  }

  #put(alarm: QueuedAlarm, place: number): void {
    this.#heap[place] = alarm;
    alarm.place = place;
  }
}

const GONE = -1;

class QueuedAlarm implements Alarm {
  readonly #queue: AlarmQueue;
  readonly timeMs: number;
  readonly number: number;
  readonly wake: () => void;
  /** In the heap. */
  place = GONE;

  constructor(queue: AlarmQueue, timeMs: number, number: number, wake: () => void) {
    this.#queue = queue;
    this.timeMs = timeMs;
    this.number = number;
    this.wake = wake;
  }

  /** Of two at the same time the one that was set first. */
  isBefore({ timeMs, number }: QueuedAlarm): boolean {
    return this.timeMs < timeMs || (this.timeMs === timeMs && this.number < number);
  }

  cancel(): void {
    if (this.place === GONE) return;
    this.#queue.remove(this);
    this.place = GONE;
  }
}
