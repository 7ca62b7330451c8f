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

describe('the offer that is dropped from a full book', () => {
  it('is the oldest one of the maker with the most offers', () => {
    const shares = sharesOf([
      [OTHER, 3],
      [FLOOD, 7],
    ]);
    expect(shares.toDropFor(HONEST)?.maker).toBe(FLOOD);
    expect([...(shares.toDropFor(HONEST)?.droppable ?? [])][0]).toBe('flood/0');
  });

  it('is none when the maker of the new offer has the most offers itself', () => {
    const shares = sharesOf([
      [OTHER, 5],
      [FLOOD, 5],
    ]);
    expect(shares.toDropFor(FLOOD)).toBeNull();
  });

  it('changes from maker to maker as their numbers fall', () => {
    const shares = sharesOf([
      [OTHER, 4],
      [FLOOD, 6],
    ]);
    const dropped: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const share = shares.toDropFor(HONEST);
      const [key] = share?.droppable ?? [];
      if (share == null || key === undefined) throw new Error('no offer can be dropped');
      dropped.push(share.maker);
      shares.remove(share.maker, key);
    }
    expect(dropped).toEqual([FLOOD, FLOOD, OTHER, FLOOD]);
  });

  it('makes room for a new maker among makers with one offer each', () => {
    const strangers = Array.from({ length: 10 }, (_, number) => [`key-${number}` as PeerId, 1] as const);
    expect(sharesOf(strangers).toDropFor(HONEST)?.maker).toBe('key-0');
  });

  it('is of a stranger rather than of a maker that we had a deal with, or that is named', () => {
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

  it('is of a proven maker when these have more than half of the book', () => {
    const shares = sharesOf([
      [FRIEND, 6],
      [FLOOD, 1],
    ]);
    shares.remove(FLOOD, 'flood/0' as ReturnType<typeof offerKey>);
    expect(shares.toDropFor(FLOOD)?.maker).toBe(FRIEND);
  });

  it('is never a pinned one', () => {
    const shares = sharesOf([[FLOOD, 2]]);
    for (const number of [0, 1]) {
      const share = shares.toDropFor(HONEST);
      if (share === null) throw new Error('no offer can be dropped');
      shares.pin(share, offerKey(FLOOD, `${number}` as OfferId));
    }
    expect(shares.toDropFor(HONEST)).toBeNull();
    expect(shares.countOf(FLOOD)).toBe(2);
  });
});

it('the latest provenMakersMax makers that we had a deal with are remembered', () => {
  const shares = sharesOf([]);
  const makers = Array.from({ length: LIMITS.provenMakersMax + 1 }, (_, number) => `maker-${number}` as PeerId);
  for (const maker of makers) shares.recordDeal(maker);
  expect(makers.filter((maker) => !shares.isProven(maker))).toEqual(['maker-0']);
});
