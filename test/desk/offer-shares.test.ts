import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { offerKey, type OfferId, type PeerId } from '../../src/protocol/ids.ts';
import { OfferShares } from '../../src/desk/offer-shares.ts';

const [FLOOD, OTHER, HONEST, FRIEND] = ['flood', 'other', 'honest', 'friend'] as PeerId[] as [
  PeerId,
  PeerId,
  PeerId,
  PeerId,
];

function sharesOf(counts: readonly (readonly [PeerId, number])[], capacity = 10): OfferShares {
  const shares = new OfferShares({ capacity, isNamed: (maker) => maker === FRIEND });
  for (const [maker, count] of counts) {
    for (let number = 0; number < count; number += 1) shares.add(maker, offerKey(maker, `${number}` as OfferId));
  }
  return shares;
}

describe('the offer that gives way in a full book', () => {
  it('is one of the maker with the most, and the oldest of its own', () => {
    const shares = sharesOf([
      [OTHER, 3],
      [FLOOD, 7],
    ]);
    expect(shares.toDropFor(HONEST)?.maker).toBe(FLOOD);
    expect([...(shares.toDropFor(HONEST)?.droppable ?? [])][0]).toBe('flood/0');
  });

  it('is nobody’s where the maker that wants it has the most itself', () => {
    const shares = sharesOf([
      [OTHER, 5],
      [FLOOD, 5],
    ]);
    expect(shares.toDropFor(FLOOD)).toBeNull();
  });

  it('goes from maker to maker as their numbers fall', () => {
    const shares = sharesOf([
      [OTHER, 4],
      [FLOOD, 6],
    ]);
    const dropped: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const share = shares.toDropFor(HONEST);
      const [key] = share?.droppable ?? [];
      if (share == null || key === undefined) throw new Error('nobody gives room');
      dropped.push(share.maker);
      shares.remove(share.maker, key);
    }
    expect(dropped).toEqual([FLOOD, FLOOD, OTHER, FLOOD]);
  });

  it('finds a place for a newcomer among makers with one offer each', () => {
    const strangers = Array.from({ length: 10 }, (_, number) => [`key-${number}` as PeerId, 1] as const);
    expect(sharesOf(strangers).toDropFor(HONEST)?.maker).toBe('key-0');
  });

  it('is a stranger’s before that of a maker that we have dealt with, or that is named', () => {
    const shares = sharesOf([
      [HONEST, 3],
      [FRIEND, 2],
      [FLOOD, 1],
    ]);
    shares.recordDeal(HONEST);
    expect(shares.toDropFor(OTHER)?.maker).toBe(FLOOD);
    expect(shares.toDropFor(FLOOD)).toBeNull();
    expect(shares.toDropFor(FRIEND)?.maker).toBe(FLOOD);
  });

  it('is a proven maker’s where these have more than half of the book', () => {
    const shares = sharesOf([
      [FRIEND, 6],
      [FLOOD, 1],
    ]);
    shares.remove(FLOOD, 'flood/0' as ReturnType<typeof offerKey>);
    expect(shares.toDropFor(FLOOD)?.maker).toBe(FRIEND);
  });

  it('is never one that we have accepted', () => {
    const shares = sharesOf([[FLOOD, 2]]);
    for (const number of [0, 1]) {
      const share = shares.toDropFor(HONEST);
      if (share === null) throw new Error('nobody gives room');
      shares.pin(share, offerKey(FLOOD, `${number}` as OfferId));
    }
    expect(shares.toDropFor(HONEST)).toBeNull();
    expect(shares.countOf(FLOOD)).toBe(2);
  });
});

it('so many makers that we had a deal with are remembered, the latest', () => {
  const shares = sharesOf([]);
  const makers = Array.from({ length: LIMITS.provenMakersMax + 1 }, (_, number) => `maker-${number}` as PeerId);
  for (const maker of makers) shares.recordDeal(maker);
  expect(makers.filter((maker) => !shares.isProven(maker))).toEqual(['maker-0']);
});
