import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventLog } from '../../src/control/event-log.ts';

const LIFE = '0123456789abcdef';

function logOf(capacity: number, events = 0): EventLog {
  const log = new EventLog({ life: LIFE, capacity, now: () => 1_000 });
  for (let number = 1; number <= events; number += 1) log.append({ event: `e${number}` });
  return log;
}

describe('the event log', () => {
  it('is empty at first, but has a cursor', () => {
    const log = logOf(4);
    expect([log.latest, log.oldest, log.cursor]).toEqual([0, 1, `${LIFE}-0`]);
    expect(log.after(0, 10)).toEqual([]);
  });

  it('returns events with their time and cursor', () => {
    const log = logOf(4);
    log.append({ event: 'deal.won' });
    expect(log.after(0, 10)).toEqual([
      {
        number: 1,
        name: 'deal.won',
        cursor: `${LIFE}-1`,
        data: JSON.stringify({ event: 'deal.won', at: 1_000, cursor: `${LIFE}-1` }),
      },
    ]);
  });

  it('returns null if events after the cursor are no longer stored', () => {
    const log = logOf(4, 10);
    expect([log.oldest, log.latest]).toEqual([7, 10]);
    expect(log.after(5, 10)).toBeNull();
    expect(log.after(6, 10)?.map(({ name }) => name)).toEqual(['e7', 'e8', 'e9', 'e10']);
    expect(log.after(6, 2)?.map(({ name }) => name)).toEqual(['e7', 'e8']);
    expect(log.after(10, 10)).toEqual([]);
  });

  it('notifies its listeners until they unsubscribe', () => {
    const log = logOf(4);
    let woken = 0;
    const unwatch = log.watch(() => (woken += 1));
    log.append({ event: 'one' });
    unwatch();
    log.append({ event: 'two' });
    expect(woken).toBe(1);
  });

  it('returns all events in order, or null, for any capacity and cursor', () => {
    const numbers = fc.nat({ max: 40 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        numbers,
        numbers,
        fc.integer({ min: 1, max: 50 }),
        (kept, said, after, max) => {
          const events = logOf(kept, said).after(after, max);
          const isForgotten = after < said - kept;
          expect(events === null).toBe(isForgotten);
          const expected = Array.from(
            { length: Math.max(0, Math.min(max, said - after)) },
            (_, index) => after + 1 + index,
          );
          if (events !== null)
            expect(events.map(({ number, name }) => [number, name])).toEqual(expected.map((n) => [n, `e${n}`]));
        },
      ),
      { seed: 5, numRuns: 500 },
    );
  });
});
