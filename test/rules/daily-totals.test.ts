import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OfferKey } from '../../src/protocol/ids.ts';
import type { TakerRecord } from '../../src/protocol/records.ts';
import { DailyTotals } from '../../src/rules/daily-totals.ts';
import { decimal, NOW, terms } from './values.ts';

const DAY_MS = 86_400_000;
const TOMORROW = NOW + DAY_MS;
const key = (name: string) => name as OfferKey;
const one = { pair: 'BTC/USD', amount: decimal('1') };

function totalsWith(...records: readonly TakerRecord[]): DailyTotals {
  const totals = new DailyTotals();
  totals.replay(key('m/1'), records);
  return totals;
}

const accepting: TakerRecord = { type: 'accepting', at: NOW, terms: terms('1'), dialect: 'grapevine' };
const confirmed: TakerRecord = { type: 'confirmed', at: NOW, epoch: 1 };

describe('an accepted offer counts against the daily limit', () => {
  it.each<[string, readonly TakerRecord[], number, number]>([
    ['accepted: every day until it is decided', [accepting], 1, 1],
    ['in doubt', [accepting, confirmed], 1, 1],
    [
      'its hold is over, and it is accepted again',
      [accepting, confirmed, { type: 'released', at: NOW, epoch: 1 }],
      1,
      1,
    ],
    ['won: on that day', [accepting, confirmed, { type: 'won', at: NOW, epoch: 1 }], 1, 0],
    ['won on the next day: on both', [accepting, confirmed, { type: 'won', at: TOMORROW, epoch: 1 }], 1, 1],
    ['lost', [accepting, { type: 'lost', at: NOW, reason: 'taken' }], 0, 0],
    ['withdrawn', [accepting, { type: 'withdrawn', at: NOW }], 0, 0],
    ['given up', [accepting, { type: 'gaveUp', at: NOW, reason: 'unreachable' }], 0, 0],
    ['voided: it may have been won', [accepting, { type: 'voided', at: NOW }], 1, 0],
    ['closed by hand as won', [accepting, confirmed, { type: 'closed', at: NOW, as: 'won' }], 1, 0],
    ['closed by hand as lost', [accepting, confirmed, { type: 'closed', at: NOW, as: 'lost' }], 0, 0],
    [
      'closed by hand as lost, but the maker decided that it was won',
      [
        accepting,
        confirmed,
        { type: 'closed', at: NOW, as: 'lost' },
        { type: 'truth', at: NOW, outcome: 'awarded', won: true },
      ],
      1,
      0,
    ],
  ])('%s', (_, records, today, tomorrow) => {
    const totals = totalsWith(...records);
    expect(totals.takenToday('BTC/USD', NOW).deals).toBe(today);
    expect(totals.takenToday('BTC/USD', TOMORROW).deals).toBe(tomorrow);
  });

  it('is counted for each pair, and for offers without one', () => {
    const totals = new DailyTotals();
    totals.take(key('m/1'), one);
    totals.take(key('m/2'), { pair: null, amount: decimal('0.3') });
    expect(totals.takenToday('BTC/USD', NOW)).toEqual({ amount: '1', deals: 1 });
    expect(totals.takenToday(null, NOW)).toEqual({ amount: '0.3', deals: 1 });
    expect(totals.takenToday('ETH/USD', NOW)).toEqual({ amount: '0', deals: 0 });
  });

  it('is counted once, and exactly', () => {
    const totals = new DailyTotals();
    for (const [offer, amount] of [
      ['m/1', '0.1'],
      ['m/1', '0.1'],
      ['m/2', '0.2'],
    ] as const) {
      totals.take(key(offer), { pair: 'BTC/USD', amount: decimal(amount) });
    }
    expect(totals.takenToday('BTC/USD', NOW)).toEqual({ amount: '0.3', deals: 2 });
    expect(totals.takenToday('BTC/USD', NOW, key('m/2'))).toEqual({ amount: '0.1', deals: 1 });
    totals.won(key('m/3'), NOW);
    totals.release(key('m/1'));
    totals.release(key('m/1'));
    expect(totals.takenToday('BTC/USD', NOW)).toEqual({ amount: '0.2', deals: 1 });
  });

  it('is still counted when the clock is set back over midnight', () => {
    const totals = totalsWith(accepting, confirmed, { type: 'won', at: TOMORROW, epoch: 1 });
    expect(totals.takenToday('BTC/USD', NOW).deals).toBe(1);
  });
});

interface Move {
  readonly offer: number;
  readonly what: 'take' | 'won' | 'release';
  readonly laterMs: number;
}

/** Offers are taken where there is room, and end somehow and some time: no day may have more won than the limit. */
it('so that no day ends with more won offers than its limit, whatever the outcomes', () => {
  const limit = 4;
  const moves = fc.array(
    fc.record<Move>({
      offer: fc.integer({ min: 0, max: 4 }),
      what: fc.constantFrom('take', 'take', 'won', 'won', 'release'),
      laterMs: fc.constantFrom(0, 0, 0, 1, DAY_MS / 3),
    }),
    { minLength: 10, maxLength: 60 },
  );
  let fullDays = 0;
  fc.assert(
    fc.property(moves, (list) => {
      const totals = new DailyTotals();
      const open = new Map<number, number>();
      const wonByDay = new Map<number, number>();
      let now = NOW;
      for (const { offer, what, laterMs } of list) {
        now += laterMs;
        const amount = 1 + (offer % 3);
        if (what === 'take' && !open.has(offer)) {
          const taken = totals.takenToday('BTC/USD', now);
          if (Number(taken.amount) + amount > limit) continue;
          totals.take(key(String(offer)), { pair: 'BTC/USD', amount: decimal(String(amount)) });
          open.set(offer, amount);
        } else if (open.has(offer)) {
          if (what === 'won') {
            totals.won(key(String(offer)), now);
            const day = Math.floor(now / DAY_MS);
            wonByDay.set(day, (wonByDay.get(day) ?? 0) + amount);
          } else totals.release(key(String(offer)));
          open.delete(offer);
        }
      }
      for (const won of wonByDay.values()) {
        expect(won).toBeLessThanOrEqual(limit);
        if (won === limit) fullDays += 1;
      }
    }),
    { numRuns: 2_000, seed: 5 },
  );
  expect(fullDays).toBeGreaterThan(100);
});
