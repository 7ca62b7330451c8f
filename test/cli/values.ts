/** Offers, deals and stories as a desk would show them, for tests of texts. Times are fixed. */
import type { Deal, Offer, PeerView, Story, StoryEntry } from '../../src/control/contract.ts';

export const NOW = Date.UTC(2026, 10, 24, 16, 45, 31);
export const SELF = `1${'a'.repeat(63)}`;
export const MAKER = `2${'b'.repeat(63)}`;
export const TAKER = `3${'c'.repeat(63)}`;
export const OTHER_TAKER = `4${'d'.repeat(63)}`;
const OFFER_ID = '52934961a0b1c2d3e4f5061728394a5b';

/** An own open offer, unless something else is said. */
export function anOffer(more: Partial<Offer> = {}): Offer {
  const isOwn = more.role !== 'taker';
  return {
    role: 'maker',
    offerId: OFFER_ID,
    maker: isOwn ? SELF : MAKER,
    type: 'sell',
    amount: '0.25',
    pair: 'BTC/USD',
    unitPrice: '8000.5',
    total: '2000.125',
    issuedAt: NOW - 60_000,
    expiresAt: NOW + 540_000,
    award: 'first',
    windowMs: null,
    to: null,
    details: null,
    reference: null,
    attempt: 1,
    attemptsMax: null,
    doneWithinMs: null,
    phase: isOwn ? 'open' : 'seen',
    inDoubt: false,
    verified: true,
    taker: null,
    acceptancesWaiting: 0,
    acceptances: [],
    agreedUnitPrice: null,
    agreedTotal: null,
    bidUnitPrice: null,
    bidTotal: null,
    ownReport: null,
    otherReport: null,
    isOverdue: false,
    renewedAs: null,
    reason: null,
    lastSeenAt: isOwn ? null : NOW - 5_000,
    isStale: false,
    ...more,
  };
}

export function aDeal(more: Partial<Deal> = {}): Deal {
  return {
    role: 'maker',
    offerId: OFFER_ID,
    maker: SELF,
    taker: TAKER,
    type: 'sell',
    amount: '0.25',
    pair: 'BTC/USD',
    unitPrice: '8000.5',
    total: '2000.125',
    at: NOW - 60_000,
    inDoubt: false,
    byHand: false,
    verified: true,
    details: null,
    reference: null,
    attempt: 1,
    doneWithinMs: null,
    ownReport: null,
    otherReport: null,
    result: 'open',
    isOverdue: false,
    ...more,
  };
}

export function aPeer(more: Partial<PeerView> = {}): PeerView {
  return {
    id: MAKER,
    verified: true,
    firstSeenAt: NOW - 3_600_000,
    lastSeenAt: NOW - 5_000,
    upSince: NOW - 7_200_000,
    clockOffsetMs: 12,
    failures: 0,
    lastFailure: null,
    openOffers: 2,
    ...more,
  };
}

type Told = readonly [event: string, fields?: StoryEntry['fields'], at?: number];

/** Entries 100 ms apart, beginning a minute ago. */
export function aStory(offer: Partial<Offer>, told: readonly Told[], awaits: string | null = null): Story {
  const entries = told.map(([event, fields = {}, at], index): StoryEntry => {
    return { at: at ?? NOW - 60_000 + 100 * index, who: null, event, fields };
  });
  return { offer: anOffer(offer), entries, awaits };
}
