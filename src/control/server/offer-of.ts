/** An offer of the desk in the words of the contract. */
import type { OfferSnapshot } from '../../desk/offer-snapshot.ts';
import { multiplyDecimals } from '../../wire/decimal-arithmetic.ts';
import type { Offer } from '../contract.ts';

export function offerOf(snapshot: OfferSnapshot): Offer {
  const { role, terms, phase, inDoubt, verified } = snapshot;
  const { offerId, maker, type, amount, pair, unitPrice, issuedAt, expiresAt } = terms;
  return {
    role,
    offerId,
    maker,
    type,
    amount,
    pair,
    unitPrice,
    total: unitPrice === null ? null : multiplyDecimals(amount, unitPrice),
    issuedAt,
    expiresAt,
    award: terms.award ?? 'first',
    windowMs: terms.windowMs ?? null,
    to: terms.to === undefined ? null : [...terms.to],
    phase,
    inDoubt,
    verified,
    ...makersPart(snapshot),
    ...pricesOf(snapshot),
    reason: snapshot.role === 'taker' ? snapshot.reason : null,
    lastSeenAt: snapshot.role === 'taker' ? snapshot.makerSeenAt : null,
    isStale: snapshot.role === 'taker' && snapshot.isStale,
  };
}

function pricesOf({
  role,
  terms,
  phase,
  unitPrice,
}: OfferSnapshot): Pick<Offer, 'agreedUnitPrice' | 'agreedTotal' | 'bidUnitPrice' | 'bidTotal'> {
  const total = unitPrice === null ? null : multiplyDecimals(terms.amount, unitPrice);
  const isDealt = DEALT.has(phase);
  const isBid = role === 'taker';
  return {
    agreedUnitPrice: isDealt ? unitPrice : null,
    agreedTotal: isDealt ? total : null,
    bidUnitPrice: isBid ? unitPrice : null,
    bidTotal: isBid ? total : null,
  };
}

/** Where a bid that was made is the price that counts. */
const DEALT: ReadonlySet<OfferSnapshot['phase']> = new Set(['reserved', 'awarded', 'confirmed', 'won', 'closed']);

function makersPart(snapshot: OfferSnapshot): Pick<Offer, 'taker' | 'acceptancesWaiting' | 'acceptances'> {
  if (snapshot.role === 'taker') return { taker: null, acceptancesWaiting: 0, acceptances: [] };
  const { taker, acceptancesWaiting, acceptances } = snapshot;
  return {
    taker,
    acceptancesWaiting,
    // A name that is a key is always proven, at the latest when its turn comes.
    acceptances: acceptances.map((waiting) => ({ ...waiting, at: null })),
  };
}
