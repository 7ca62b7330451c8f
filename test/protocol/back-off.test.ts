import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backOffMs } from '../../src/protocol/back-off.ts';

const attempt = fc.integer({ min: 1, max: 2_000 });
const minMs = fc.integer({ min: 1, max: 5_000 });
const factor = fc.integer({ min: 1, max: 1_000 });

describe('the wait before another attempt', () => {
  it('is between half and all of the doubled time, and never longer than the maximum', () => {
    fc.assert(
      fc.property(attempt, minMs, factor, fc.string(), (made, min, times, spread) => {
        const max = min * times;
        const ceiling = Math.min(max, min * 2 ** Math.min(made - 1, 30));
        const wait = backOffMs(made, min, max, spread);
        expect(Number.isSafeInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(ceiling / 2);
        expect(wait).toBeLessThanOrEqual(ceiling);
      }),
    );
  });

  it('is a function of its inputs', () => {
    fc.assert(
      fc.property(attempt, fc.string(), (made, spread) => {
        expect(backOffMs(made, 250, 10_000, spread)).toBe(backOffMs(made, 250, 10_000, spread));
      }),
    );
  });

  it('grows with every second attempt until it reaches the maximum', () => {
    for (let made = 1; made <= 8; made += 1) {
      expect(backOffMs(made + 2, 100, 1_000_000, 'anybody')).toBeGreaterThan(
        backOffMs(made, 100, 1_000_000, 'anybody'),
      );
    }
  });

  it('spreads different waiters evenly over the upper half', () => {
    const quarters = [0, 0, 0, 0];
    const count = 4_000;
    for (let desk = 0; desk < count; desk += 1) {
      const wait = backOffMs(1, 10_000, 10_000, `desk-${desk.toString()}/offer-1`);
      const quarter = Math.min(3, Math.floor((wait - 5_000) / 1_250));
      quarters[quarter] = (quarters[quarter] ?? 0) + 1;
    }
    for (const share of quarters) {
      expect(share).toBeGreaterThan(count * 0.2);
      expect(share).toBeLessThan(count * 0.3);
    }
  });
});
