/** A clock that moves only when told to, and lets what it wakes finish before it goes on. */
import type { Alarm, Clock } from '../src/ports/clock.ts';

interface Waiting {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Long enough for everything that needs no time: promises, immediates, in-memory deliveries. */
const TURNS_TO_SETTLE = 20;

export class ManualClock implements Clock {
  #nowMs: number;
  readonly #waiting = new Set<Waiting>();

  constructor(nowMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wakeAt(timeMs: number, wake: () => void): Alarm {
    const entry: Waiting = { atMs: timeMs, wake };
    this.#waiting.add(entry);
    return {
      cancel: () => {
        this.#waiting.delete(entry);
      },
    };
  }

  /** Alarms that are set: a test that expects a clean stop looks here. */
  get alarmCount(): number {
    return this.#waiting.size;
  }

  /** Moves on, waking everybody who is due in the order of their times. */
  async advance(byMs: number): Promise<void> {
    const target = this.#nowMs + byMs;
    await settled();
    for (let next = this.#nextUntil(target); next !== null; next = this.#nextUntil(target)) {
      this.#waiting.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
      await settled();
    }
    this.#nowMs = target;
    await settled();
  }

  #nextUntil(target: number): Waiting | null {
    let earliest: Waiting | null = null;
    for (const entry of this.#waiting) {
      if (entry.atMs <= target && (earliest === null || entry.atMs < earliest.atMs)) earliest = entry;
    }
    return earliest;
  }
}

/** Everything that can happen without time passing has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < TURNS_TO_SETTLE; turn += 1) await new Promise(setImmediate);
}
