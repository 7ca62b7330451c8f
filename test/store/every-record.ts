/**
 * Offers whose records are, together, of every type with every optional field: what a journal must be able to hold. The
 * fixtures of test/store/fixtures hold what this file said when they were made; it may grow, they don't change.
 */
import { offerKey, type Decimal, type OfferId, type PeerId } from '../../src/protocol/ids.ts';
import type { OfferTerms, Peer } from '../../src/protocol/messages.ts';
import type { JournalEntry, MakerRecord, TakerRecord } from '../../src/protocol/records.ts';

const SELF = '1'.repeat(64) as PeerId;
const OTHER = '2'.repeat(64) as PeerId;
const ORIGINAL = '0123456789abcdef' as PeerId;
const TAKER: Peer = { id: OTHER, dialect: 'grapevine' };
const OLD_TAKER: Peer = { id: ORIGINAL, dialect: 'original' };

function terms(offerId: string, maker: PeerId): OfferTerms {
  return {
    offerId: offerId as OfferId,
    maker,
    type: 'buy',
    amount: '0.000000000000000001' as Decimal,
    pair: 'BTC/USD',
    unitPrice: '64000.5' as Decimal,
    issuedAt: 1_700_000_000_000,
    expiresAt: 1_700_000_600_000,
  };
}

function bareTerms(offerId: string): OfferTerms {
  const nothing = { pair: null, unitPrice: null, issuedAt: null, expiresAt: null };
  return { ...terms(offerId, ORIGINAL), ...nothing, type: 'sell', amount: '1' as Decimal };
}

function own(offerId: string, finished: boolean, ...records: MakerRecord[]): JournalEntry {
  const all: MakerRecord[] = [{ type: 'opened', at: 1, terms: terms(offerId, SELF) }, ...records];
  return {
    offer: offerKey(SELF, offerId as OfferId),
    records: all.map((record) => ({ role: 'maker', record })),
    finished,
  };
}

function others(offerId: string, finished: boolean, ...records: TakerRecord[]): JournalEntry {
  const first: TakerRecord = { type: 'accepting', at: 1, terms: terms(offerId, OTHER), dialect: 'grapevine' };
  return {
    offer: offerKey(OTHER, offerId as OfferId),
    records: [first, ...records].map((record) => ({ role: 'taker', record })),
    finished,
  };
}

const wonFromOriginal: JournalEntry = {
  offer: offerKey(ORIGINAL, 'won-from-original' as OfferId),
  records: [
    {
      role: 'taker',
      record: { type: 'accepting', at: 1, terms: bareTerms('won-from-original'), dialect: 'original' },
    },
    { role: 'taker', record: { type: 'won', at: 2, epoch: null } },
  ],
  finished: true,
};

const reservation: MakerRecord = { type: 'reserved', at: 2, taker: TAKER, epoch: 1, until: 10_002 };
const forOriginal: MakerRecord = { type: 'reserved', at: 4, taker: OLD_TAKER, epoch: 2, until: null };

const PROVEN: Peer = { ...TAKER, verified: true };
const BID = '64000.75' as Decimal;
const FACT = { sig: `${'A'.repeat(85)}Q` };
const AUTH = { ...FACT, nonce: '0'.repeat(32) };

function directedTerms(offerId: string): OfferTerms {
  return { ...terms(offerId, OTHER), award: 'best', windowMs: 5_000, to: [SELF, '3'.repeat(64) as PeerId] };
}

export const EVERY_RECORD: readonly JournalEntry[] = [
  own('open', false),
  own('reserved', false, reservation),
  own(
    'awarded-at-last',
    false,
    reservation,
    { type: 'released', at: 3, epoch: 1, reason: 'silent' },
    forOriginal,
    { type: 'released', at: 5, epoch: 2, reason: 'unreachable', detail: 'ERR_CONNECT' },
    { type: 'reserved', at: 6, taker: TAKER, epoch: 3, until: 10_006 },
    { type: 'awarded', at: 7, taker: TAKER, epoch: 3 },
  ),
  own('delivered', true, reservation, { type: 'awarded', at: 3, taker: TAKER, epoch: 1 }, { type: 'delivered', at: 4 }),
  own('by-hand', true, reservation, { type: 'released', at: 3, epoch: 1, reason: 'refused' }, forOriginal, {
    type: 'awarded',
    at: 5,
    taker: OLD_TAKER,
    epoch: 2,
    byHand: true,
  }),
  own(
    'cancelled',
    true,
    reservation,
    { type: 'released', at: 3, epoch: 1, reason: 'byHand' },
    { type: 'cancelled', at: 4 },
  ),
  own('cancelled-for-another', false, { type: 'cancelled', at: 2, renewForMs: 60_000 }),
  own('expired', true, reservation, { type: 'expired', at: 3 }, { type: 'delivered', at: 4, givenUp: true }),
  own('voided', true, reservation, { type: 'voided', at: 3 }),
  others('accepting', false),
  others(
    'in-doubt',
    false,
    { type: 'confirmed', at: 2, epoch: 4 },
    { type: 'released', at: 3, epoch: 4 },
    {
      type: 'confirmed',
      at: 4,
      epoch: 6,
    },
  ),
  others('won', true, { type: 'confirmed', at: 2, epoch: 1 }, { type: 'won', at: 3, epoch: 1 }),
  others('lost', true, { type: 'lost', at: 2, reason: 'taken' }),
  others('withdrawn', true, { type: 'withdrawn', at: 2 }),
  others('gave-up', true, { type: 'gaveUp', at: 2, reason: 'no-answer' }),
  others(
    'closed',
    true,
    { type: 'confirmed', at: 2, epoch: 1 },
    { type: 'closed', at: 3, as: 'lost' },
    {
      type: 'truth',
      at: 4,
      outcome: 'awarded',
      won: true,
    },
  ),
  others('voided', true, { type: 'voided', at: 2 }, { type: 'truth', at: 3, outcome: 'expired', won: false }),
  wonFromOriginal,
  own(
    'reported',
    true,
    reservation,
    { type: 'awarded', at: 3, taker: TAKER, epoch: 1 },
    { type: 'delivered', at: 4 },
    { type: 'overdue', at: 5 },
    {
      type: 'reportReceived',
      at: 6,
      result: 'failed',
      details: { format: 'json', text: '1' },
      reportedAt: 5,
      auth: FACT,
    },
    { type: 'reported', at: 7, result: 'done', details: { format: 'text', text: 'x' } },
    { type: 'reportDelivered', at: 8, givenUp: true },
  ),
  own('renewed', true, { type: 'cancelled', at: 2 }, { type: 'renewed', at: 3, as: 'again' as OfferId }),
  {
    offer: offerKey(SELF, 'again' as OfferId),
    records: [
      {
        role: 'maker',
        record: {
          type: 'opened',
          at: 3,
          terms: { ...terms('again', SELF), reference: 'mine/1', attempt: 2, doneWithinMs: 60_000 },
          plan: {
            renews: 'renewed' as OfferId,
            excluded: [OTHER],
            ifFailed: { attemptsMax: 3, excludes: true },
          },
        },
      },
    ],
    finished: false,
  },
  own(
    'best-bid',
    false,
    { type: 'reserved', at: 2, taker: PROVEN, epoch: 1, until: 10_002, unitPrice: BID, auth: AUTH },
    { type: 'awarded', at: 3, taker: PROVEN, epoch: 1, auth: AUTH },
  ),
  {
    offer: offerKey(OTHER, 'bid-and-won' as OfferId),
    records: [
      {
        type: 'accepting',
        at: 1,
        terms: directedTerms('bid-and-won'),
        dialect: 'grapevine',
        unitPrice: BID,
        auth: FACT,
      },
      { type: 'confirmed', at: 2, epoch: 1, until: 10_002, auth: AUTH },
      { type: 'won', at: 3, epoch: 1, by: 'done', auth: FACT },
    ].map((record) => ({ role: 'taker', record }) as JournalEntry['records'][number]),
    finished: true,
  },
];
