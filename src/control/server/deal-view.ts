/** Converts deals of the desk to the contract's form. */
import type { DealSnapshot } from '../../desk/deal-snapshot.ts';
import { multiplyDecimals } from '../../wire/decimal-arithmetic.ts';
import type { Deal } from '../contract.ts';
import { jobTermsOf, reportsOf } from './offer-of.ts';

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
