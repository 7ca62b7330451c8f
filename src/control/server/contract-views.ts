/** Converts offers, deals and peers of the desk to the contract's form. */
import type { DealSnapshot } from '../../desk/deal-snapshot.ts';
import type { PeerSnapshot } from '../../desk/neighbours.ts';
import type { OfferSnapshot } from '../../desk/offer-snapshot.ts';
import type { Report } from '../../protocol/deal-reports.ts';
import type { Details, OfferTerms } from '../../protocol/messages.ts';
import { detailsValue } from '../../wire/details.ts';
import { multiplyDecimals } from '../../wire/decimal-arithmetic.ts';
import { isDeskId } from '../../wire/desk-id.ts';
import type { Deal, Offer, PeerView } from '../contract.ts';

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
    ...jobTermsOf(terms),
    attemptsMax: snapshot.role === 'maker' ? snapshot.attemptsMax : null,
    phase,
    inDoubt,
    verified,
    ...makersPart(snapshot),
    ...pricesOf(snapshot),
    ...reportsOf(snapshot),
    isOverdue: snapshot.role === 'maker' && snapshot.isOverdue,
    renewedAs: snapshot.role === 'maker' ? snapshot.renewedAs : null,
    reason: snapshot.role === 'taker' ? snapshot.reason : null,
    lastSeenAt: snapshot.role === 'taker' ? snapshot.makerSeenAt : null,
    isStale: snapshot.role === 'taker' && snapshot.isStale,
  };
}

type JobTerms = Pick<Offer, 'details' | 'reference' | 'attempt' | 'doneWithinMs'>;

function jobTermsOf({ details, reference, attempt, doneWithinMs }: OfferTerms): JobTerms {
  return {
    details: valueOf(details),
    reference: reference ?? null,
    attempt: attempt ?? 1,
    doneWithinMs: doneWithinMs ?? null,
  };
}

type Reports = 'ownReport' | 'otherReport';

function reportsOf({ ownReport, otherReport }: Pick<OfferSnapshot, Reports>): Pick<Offer, Reports> {
  return { ownReport: reportView(ownReport), otherReport: reportView(otherReport) };
}

function reportView(report: Report | null): Offer['ownReport'] {
  return report && { result: report.result, details: valueOf(report.details), at: report.at };
}

function valueOf(details: Details | undefined): unknown {
  return details === undefined ? null : detailsValue(details);
}

type Prices = Pick<Offer, 'agreedUnitPrice' | 'agreedTotal' | 'bidUnitPrice' | 'bidTotal'>;

function pricesOf({ role, terms, phase, unitPrice }: OfferSnapshot): Prices {
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

/** Phases in which a bid is the price. */
const DEALT: ReadonlySet<OfferSnapshot['phase']> = new Set(['reserved', 'awarded', 'confirmed', 'won', 'closed']);

function makersPart(snapshot: OfferSnapshot): Pick<Offer, 'taker' | 'acceptancesWaiting' | 'acceptances'> {
  if (snapshot.role === 'taker') return { taker: null, acceptancesWaiting: 0, acceptances: [] };
  const { taker, acceptancesWaiting, acceptances } = snapshot;
  return {
    taker,
    acceptancesWaiting,
    // A taker whose name is a key is proven, at the latest when it is reserved.
    acceptances: acceptances.map((waiting) => ({ ...waiting, at: null })),
  };
}

/** Offers that were closed by hand as lost are left out. */
export function dealViews(deals: readonly DealSnapshot[], self: string): Deal[] {
  return deals.filter(({ state }) => state !== 'closed-lost').map((deal) => dealView(deal, self));
}

function dealView(deal: DealSnapshot, self: string): Deal {
  const { role, terms, taker, unitPrice, state, at, byHand, verified } = deal;
  const { offerId, maker, type, amount, pair } = terms;
  return {
    role,
    offerId,
    maker,
    taker: taker ?? self,
    type,
    amount,
    pair,
    unitPrice,
    total: unitPrice === null ? null : multiplyDecimals(amount, unitPrice),
    at,
    inDoubt: state === 'in-doubt',
    byHand,
    verified,
    ...jobTermsOf(terms),
    ...reportsOf(deal),
    result: deal.result,
    isOverdue: deal.isOverdue,
  };
}

export function peerView(peer: PeerSnapshot): PeerView {
  const { id, firstSeenAt, lastSeenAt, upSince, clockOffsetMs, failures, lastFailure, openOffers } = peer;
  // A peer whose name is a key is always proven.
  const verified = isDeskId(id);
  return { id, verified, firstSeenAt, lastSeenAt, upSince, clockOffsetMs, failures, lastFailure, openOffers };
}
