import { describe, expect, it } from 'vitest';
import type { Offer } from '../../src/control/contract.ts';
import { selectOffers } from '../../src/control/server/select-offers.ts';
import { pretendOffer } from '../../testing/pretend-desk.ts';

const BOOK: readonly Offer[] = [
  pretendOffer({ offerId: 'own1', unitPrice: '9', amount: '10', issuedAt: 1, expiresAt: 90 }),
  pretendOffer({ offerId: 'own2', phase: 'awarded', issuedAt: 2 }),
  pretendOffer({ offerId: 'own3', phase: 'reserved', inDoubt: true, unitPrice: null, issuedAt: 3, expiresAt: null }),
  pretendOffer({
    offerId: 'her1',
    role: 'taker',
    type: 'sell',
    pair: 'ETH/USD',
    unitPrice: '10',
    amount: '9',
    issuedAt: 4,
  }),
  pretendOffer({ offerId: 'her2', role: 'taker', phase: 'lost', issuedAt: 5 }),
];

function idsOf(query: Parameters<typeof selectOffers>[1]): string[] {
  return selectOffers(BOOK, query).map(({ offerId }) => offerId);
}

describe('the book', () => {
  it.each([
    [{}, ['her1', 'own3', 'own1']],
    [{ all: true }, ['her2', 'her1', 'own3', 'own2', 'own1']],
    [{ mine: true }, ['own3', 'own1']],
    [{ mine: false, all: true }, ['her2', 'her1']],
    [{ inDoubt: true }, ['own3']],
    [{ inDoubt: false }, ['her1', 'own1']],
    [{ pair: 'ETH/USD' }, ['her1']],
    [{ type: 'sell' as const }, ['her1']],
    [{ maker: 'aaaa' }, ['her1']],
    [{ sort: 'price' as const }, ['own1', 'her1', 'own3']],
    [{ sort: 'amount' as const }, ['own1', 'her1', 'own3']],
    [{ sort: 'validity' as const }, ['own1', 'her1', 'own3']],
  ])('of %j', (query, expected) => {
    expect(idsOf(query)).toEqual(expected);
  });
});
