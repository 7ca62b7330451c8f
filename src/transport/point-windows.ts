/**
 * How many points each key has spent in its current window, which begins with the first of them. Counted at once and without a timer:
 * every message is counted. Memory is bounded by the keys of one window.
 */
import type { RateLimit } from '../ports/rate-limit.ts';

interface Window {
  spent: number;
  endsAtMs: number;
}

export class PointWindows {
  readonly #windowMs: number;
  readonly #keysMax: number;
  readonly #now: () => number;
  /** In the order in which they began. */
  readonly #windows = new Map<string, Window>();

  /**
   * @param now milliseconds of a clock that only goes forward
   * @param keysMax beyond these the oldest is forgotten, and starts anew
   */
  constructor(windowMs: number, now: () => number = () => performance.now(), keysMax = Infinity) {
    this.#windowMs = windowMs;
    this.#keysMax = keysMax;
    this.#now = now;
  }

  /** Windows in memory; ones that have ended may be among them. */
  get size(): number {
    return this.#windows.size;
  }

  /** @returns the points that the key has spent in its window, these included; they count whatever the caller's limit is */
  spend(key: string, points: number): number {
    const now = this.#now();
    const window = this.#windows.get(key);
    if (window !== undefined && now < window.endsAtMs) {
      window.spent += points;
      return window.spent;
    }
    this.#forgetEnded(now);
    this.#windows.delete(key);
    this.#windows.set(key, { spent: points, endsAtMs: now + this.#windowMs });
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > this.#keysMax && oldest !== undefined) this.#windows.delete(oldest);
    return points;
  }

  forget(key: string): void {
    this.#windows.delete(key);
  }

  #forgetEnded(now: number): void {
    for (const [key, { endsAtMs }] of this.#windows) {
      if (now < endsAtMs) return;
      this.#windows.delete(key);
    }
  }
}

const MINUTE_MS = 60_000;

/**
 * @param perMinute for each key
 * @param keysMax strangers choose the keys, so that there could be any number of them
 */
export function memoryRateLimit(perMinute: number, keysMax: number): RateLimit {
  const minutes = new PointWindows(MINUTE_MS, undefined, keysMax);
  return { take: (key) => minutes.spend(key, 1) <= perMinute };
}
