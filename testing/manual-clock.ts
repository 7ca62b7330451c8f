/** A clock that only `advance` moves. It waits until each alarm has been handled. Its wall time can jump alone. */
import type { Alarm, Clock } from '../src/ports/clock.ts';

interface Waiting {
  readonly on: 'wall' | 'monotonic';
  readonly atMs: number;
  readonly wake: () => void;
}

/** Enough for everything that needs no time: promises, immediates, deliveries in memory. */
const TURNS_TO_SETTLE = 20;

export class ManualClock implements Clock {
  #monotonicMs = 0;
  /** Wall time minus monotonic time. */
  #offsetMs: number;
  readonly #waiting = new Set<Waiting>();

  constructor(nowMs = Date.UTC(2026, 0, 1)) {
    this.#offsetMs = nowMs;
  }

  now(): number {
    return this.#monotonicMs + this.#offsetMs;
  }

  monotonicNow(): number {
    return this.#monotonicMs;
  }

  wakeAt(timeMs: number, wake: () => void): Alarm {
    return this.#set({ on: 'wall', atMs: timeMs, wake });
  }

  wakeAtMonotonic(timeMs: number, wake: () => void): Alarm {
    return this.#set({ on: 'monotonic', atMs: timeMs, wake });
  }

  #set(entry: Waiting): Alarm {
    this.#waiting.add(entry);
    return {
      cancel: () => {
        this.#waiting.delete(entry);
      },
    };
  }

  /** The number of pending alarms, for tests of a clean stop. */
  get alarmCount(): number {
    return this.#waiting.size;
  }

  /** Advances both clocks, and runs the alarms that are due in the order of their times. */
  async advance(byMs: number): Promise<void> {
    const target = this.#monotonicMs + byMs;
    await settled();
    for (let next = this.#nextUntil(target); next !== null; next = this.#nextUntil(target)) {
      this.#waiting.delete(next);
      this.#monotonicMs = Math.max(this.#monotonicMs, this.#dueAt(next));
      next.wake();
      await settled();
    }
    this.#monotonicMs = target;
    await settled();
  }

  /** Sets the wall clock forward, or back (negative). No time passes, but alarms that are now due run. */
  async jumpWall(byMs: number): Promise<void> {
    this.#offsetMs += byMs;
    await this.advance(0);
  }

  #nextUntil(target: number): Waiting | null {
    let earliest: Waiting | null = null;
    for (const entry of this.#waiting) {
      const dueAt = this.#dueAt(entry);
      if (dueAt <= target && (earliest === null || dueAt < this.#dueAt(earliest))) earliest = entry;
    }
    return earliest;
  }

  /** In monotonic time. */
  #dueAt({ on, atMs }: Waiting): number {
    return on === 'wall' ? atMs - this.#offsetMs : atMs;
  }
}

/** Resolves when everything that needs no time has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < TURNS_TO_SETTLE; turn += 1) await new Promise(setImmediate);
}
