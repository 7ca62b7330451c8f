/**
 * Rate limits by fixed windows: counts the points that each key spends. The window of a key begins with its first
 * point. Every incoming message is counted, so there is no timer. Memory is limited by the keys of one window.
 */
import type { RateLimit } from '../ports/rate-limit.ts';

interface Window {
  spent: number;
  endsAtMs: number;
}

export class FixedWindowCounter {
  readonly #windowMs: number;
  readonly #keysMax: number;
  readonly #now: () => number;
  /** In the order in which they began. */
  readonly #windows = new Map<string, Window>();

  /**
   * @param now milliseconds of a monotonic clock
   * @param keysMax beyond this number, the oldest window is dropped
   */
  constructor(windowMs: number, now: () => number = () => performance.now(), keysMax = Infinity) {
    this.#windowMs = windowMs;
    this.#keysMax = keysMax;
    this.#now = now;
  }

  /** The windows in memory, some of which may have ended. */
  get size(): number {
    return this.#windows.size;
  }

  /** @returns all points of the key in its window, with these; they count even if the caller then rejects the request */
  spend(key: string, points: number): number {
    const now = this.#now();
    const window = this.#windows.get(key);
    if (window !== undefined && now < window.endsAtMs) {
      window.spent += points;
      return window.spent;
    }
    this.#deleteEnded(now);
    this.#windows.delete(key);
    this.#windows.set(key, { spent: points, endsAtMs: now + this.#windowMs });
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > this.#keysMax && oldest !== undefined) this.#windows.delete(oldest);
    return points;
  }

  delete(key: string): void {
    this.#windows.delete(key);
  }

  #deleteEnded(now: number): void {
    for (const [key, { endsAtMs }] of this.#windows) {
      if (now < endsAtMs) return;
      this.#windows.delete(key);
    }
  }
}

const MINUTE_MS = 60_000;

/** @param keysMax limits the memory, where strangers choose the keys */
export function memoryRateLimit(perMinute: number, keysMax: number): RateLimit {
  const minutes = new FixedWindowCounter(MINUTE_MS, undefined, keysMax);
  return { take: (key) => minutes.spend(key, 1) <= perMinute };
}

/** What to do with a request of a sender: the last one when it continues after many refusals. */
export type Verdict = 'pass' | 'refuse' | 'disconnect';

const BYTES_PER_POINT = 1_024;

export function pointsOf(requestBytes: number): number {
  return 1 + Math.floor(requestBytes / BYTES_PER_POINT);
}
