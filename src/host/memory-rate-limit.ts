/** Rates in memory, with a bound on how many keys are remembered: whoever was forgotten starts anew. */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimit } from '../ports/rate-limit.ts';

const WINDOW_S = 60;

/**
 * @param perMinute for each key
 * @param keysMax strangers choose the keys, so that there could be any number of them
 */
export function memoryRateLimit(perMinute: number, keysMax: number): RateLimit {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: WINDOW_S });
  /** In the order in which their minutes began. */
  const known = new Set<string>();
  return {
    async take(key) {
      try {
        const { isFirstInDuration } = await limiter.consume(key);
        if (isFirstInDuration) await remember(key);
        return true;
      } catch (error) {
        if (error instanceof RateLimiterRes) return false;
        throw error;
      }
    },
  };

  async function remember(key: string): Promise<void> {
    known.delete(key);
    known.add(key);
    const [oldest] = known;
    if (known.size <= keysMax || oldest === undefined) return;
    known.delete(oldest);
    await limiter.delete(oldest);
  }
}
