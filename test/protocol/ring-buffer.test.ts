import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RingBuffer } from '../../src/protocol/ring-buffer.ts';

type Operation =
  { readonly kind: 'push'; readonly item: number } | { readonly kind: 'shift' } | { readonly kind: 'clear' };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('push' as const), item: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.constant<Operation>({ kind: 'shift' }) },
  { weight: 1, arbitrary: fc.constant<Operation>({ kind: 'clear' }) },
);

/** Does it to both, compares what they say, and gives what comes next of both. */
function doToBoth(ring: RingBuffer<number>, model: number[], what: Operation): [RingBuffer<number>, number[]] {
  if (what.kind === 'clear') return [ring.cleared(), []];
  if (what.kind === 'shift') {
    const taken = ring.shift();
    expect(taken?.item).toBe(model[0]);
    return taken === null ? [ring, model] : [taken.rest, model.slice(1)];
  }
  const pushed = ring.push(what.item);
  expect(pushed === null).toBe(model.length === ring.capacity);
  return pushed === null ? [ring, model] : [pushed, [...model, what.item]];
}

it('two that come of the same one do not see each other', () => {
  const base = RingBuffer.empty<string>(3).push('a');
  const left = base?.push('left');
  const right = base?.push('right');
  expect([...(left ?? [])]).toEqual(['a', 'left']);
  expect([...(right ?? [])]).toEqual(['a', 'right']);
});

describe('the ring buffer', () => {
  it('behaves as an array that refuses what goes over its capacity, and never changes what it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.array(operation, { maxLength: 60 }), (capacity, operations) => {
        let ring = RingBuffer.empty<number>(capacity);
        let model: number[] = [];
        const past: [RingBuffer<number>, number[]][] = [];
        for (const what of operations) {
          past.push([ring, model]);
          [ring, model] = doToBoth(ring, model, what);
          expect([...ring]).toEqual(model);
          expect(ring.size).toBe(model.length);
          expect(ring.size).toBeLessThanOrEqual(capacity);
          expect(ring.isFull).toBe(model.length === capacity);
          expect(ring.findIndex((item) => item === 3)).toBe(model.indexOf(3));
        }
        for (const [before, items] of past) expect([...before]).toEqual(items);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses the newest when full: the waiting ones keep their places', () => {
    const full = RingBuffer.empty<string>(2).push('first')?.push('second');
    expect(full?.push('third')).toBeNull();
    expect([...(full ?? [])]).toEqual(['first', 'second']);
  });

  it('shifts nothing out of an empty one', () => {
    expect(RingBuffer.empty(1).shift()).toBeNull();
  });

  it('finds the first that satisfies, counted from the oldest, also after it went round', () => {
    const round = RingBuffer.empty<string>(2).push('a')?.push('b')?.shift()?.rest.push('c');
    expect(round?.findIndex((item) => item === 'c')).toBe(1);
    expect(round?.findIndex((item) => item === 'a')).toBe(-1);
  });
});
