/** Rates in memory, with a bound on how many keys are remembered: whoever was forgotten starts anew. */
import type { RateLimit } from '../ports/rate-limit.ts';

const WINDOW_MS = 60_000;

interface Minute {
  count: number;
  readonly endsAtMs: number;
}

/**
 * @param perMinute for each key
 * @param keysMax strangers choose the keys, so that there could be any number of them
 */
export function memoryRateLimit(perMinute: number, keysMax: number): RateLimit {
  /** In the order in which they began. */
  const minutes = new Map<string, Minute>();
  return {
    take(key) {
      const now = performance.now();
      const minute = minutes.get(key);
      if (minute !== undefined && now < minute.endsAtMs) {
        minute.count += 1;
        return minute.count <= perMinute;
      }
      minutes.delete(key);
      minutes.set(key, { count: 1, endsAtMs: now + WINDOW_MS });
      const [oldest] = minutes.keys();
      if (minutes.size > keysMax && oldest !== undefined) minutes.delete(oldest);
      return perMinute > 0;
    },
  };
}
