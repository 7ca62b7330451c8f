/** The page of a simulated desk, with offers and deals in every state. */
import type { Deal, Offer } from '../../src/control/contract.ts';
import { readPageFiles } from '../../src/control/server/page/page-files.ts';
import { PAGE_FOLDER } from '../../src/composition/run-desk.ts';
import { openControl, type ControlWorld } from '../../testing/control-world.ts';
import { pretendDeal, pretendOffer, PRETEND_ID, PRETEND_TAKER } from '../../testing/pretend-desk.ts';
import { makeTemporaryFolder } from '../../testing/temporary-folder.ts';

/** The caller must stop the server. */
export function openPretendMarket(): Promise<ControlWorld> {
  return openControl({ dataDir: makeTemporaryFolder(), port: 0, page: readPageFiles(PAGE_FOLDER) });
}

const TAKER_PHASES = [
  'seen',
  'accepting',
  'queued',
  'confirmed',
  'closed',
  'won',
  'lost',
  'withdrawn',
  'gaveUp',
] as const;
const MAKER_PHASES = ['open', 'reserved', 'awarded', 'cancelled', 'expired', 'voided'] as const;

/** One offer in each state, and one for each mark. */
export function offersOfAllKinds(): Offer[] {
  const expiresAt = Date.now() + 3_600_000;
  const base = { expiresAt, issuedAt: Date.now() };
  const mine = MAKER_PHASES.map((phase) =>
    pretendOffer({ ...base, phase, taker: phase === 'open' ? null : PRETEND_TAKER }),
  );
  const theirs = TAKER_PHASES.map((phase) =>
    pretendOffer({ ...base, role: 'taker', type: 'sell', phase, reason: phase === 'lost' ? 'taken' : null }),
  );
  const marks: Partial<Offer>[] = [
    { role: 'taker', phase: 'confirmed', inDoubt: true },
    { role: 'taker', isStale: true },
    { role: 'taker', verified: false },
    { role: 'taker', to: [PRETEND_ID] },
    { role: 'taker', award: 'best', windowMs: 30_000 },
    { role: 'taker', expiresAt: Date.now() - 1_000 },
    { role: 'taker', pair: 'A\u202eB/\u0007C', unitPrice: null, total: null },
    { role: 'taker', amount: '123456789012345678901234.000000000000000001', unitPrice: '0.00000000000000000001' },
    {
      award: 'manual',
      acceptancesWaiting: 1,
      acceptances: [{ taker: PRETEND_TAKER, unitPrice: '8100', at: null, verified: false }],
    },
    { type: 'job', amount: '1', pair: null, unitPrice: null, total: null },
    {
      phase: 'awarded',
      taker: PRETEND_TAKER,
      isOverdue: true,
      reference: 'night-1',
      attempt: 2,
      attemptsMax: 3,
      doneWithinMs: 60_000,
      details: { task: 'count\u202e', words: [1, 2] },
      renewedAs: hexOf(1),
    },
    {
      role: 'taker',
      phase: 'won',
      ownReport: { result: 'done', details: 'all of it', at: Date.now() },
      otherReport: { result: 'failed', details: null, at: Date.now() },
    },
  ];
  const marked = marks.map((mark) => pretendOffer({ ...base, ...mark }));
  return [...mine, ...theirs, ...marked].map((offer, index) => ({ ...offer, offerId: hexOf(index + 1) }));
}

export function dealsOfAllKinds(): Deal[] {
  const kinds: Partial<Deal>[] = [
    {},
    { role: 'taker', maker: PRETEND_TAKER, taker: PRETEND_ID },
    { inDoubt: true },
    { byHand: true, pair: 'ETH/USD' },
    { verified: false, pair: null, unitPrice: null, total: null },
    { type: 'job', isOverdue: true, reference: 'night-1', doneWithinMs: 60_000, pair: null },
    { type: 'job', result: 'failed' },
    { result: 'done' },
  ];
  return kinds.map((kind, index) =>
    pretendDeal({ at: Date.now() - index * 60_000, ...kind, offerId: hexOf(index + 1) }),
  );
}

/** This number of different open offers of other desks. */
export function manyOffers(count: number): Offer[] {
  const now = Date.now();
  return Array.from({ length: count }, (_, index) =>
    pretendOffer({
      role: 'taker',
      offerId: hexOf(index + 1),
      maker: hexOf(index % 500).repeat(2),
      type: index % 2 === 0 ? 'buy' : 'sell',
      amount: String(index + 1),
      pair: ['BTC/USD', 'ETH/USD', 'ETH/BTC'][index % 3] ?? null,
      issuedAt: now + index,
      expiresAt: now + 3_600_000 + index,
    }),
  );
}

function hexOf(number: number): string {
  return number.toString(16).padStart(32, '0');
}
