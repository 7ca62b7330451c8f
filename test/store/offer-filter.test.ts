import { describe, expect, it } from 'vitest';
import { OfferFilter } from '../../src/store/offer-filter.ts';

const idOf = (number: number): string => number.toString(16).padStart(32, '0');

describe('OfferFilter', () => {
  it('never denies what was added', () => {
    const filter = new OfferFilter(0);
    for (let number = 0; number < 200_000; number += 1) filter.add(idOf(number));
    let denied = 0;
    for (let number = 0; number < 200_000; number += 1) if (!filter.mayHave(idOf(number))) denied += 1;
    expect(denied).toBe(0);
  });

  it('denies nearly all else, with as many as it was made for', () => {
    const filter = new OfferFilter(100_000);
    for (let number = 0; number < 100_000; number += 1) filter.add(idOf(number));
    let mistaken = 0;
    for (let number = 100_000; number < 200_000; number += 1) if (filter.mayHave(idOf(number))) mistaken += 1;
    expect(mistaken).toBeLessThan(1_000);
  });

  it('denies everything when it is new, whatever an id is made of', () => {
    const filter = new OfferFilter(0);
    for (const id of ['', 'a', 'ä€😀', 'x'.repeat(64)]) {
      expect(filter.mayHave(id)).toBe(false);
      filter.add(id);
      expect(filter.mayHave(id)).toBe(true);
    }
  });
});
