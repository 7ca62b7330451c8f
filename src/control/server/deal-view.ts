/** A deal of the desk in the words of the contract. */
import type { DealSnapshot } from '../../desk/deal-snapshot.ts';
import { multiplyDecimals } from '../../wire/decimal-arithmetic.ts';
import type { Deal } from '../contract.ts';
import { namesOf, reportsOf } from './offer-of.ts';

/** @returns null for what was closed by hand as no deal */
export function dealView(deal: DealSnapshot, self: string): Deal | null {
  const { role, terms, taker, unitPrice, state, at, byHand, verified } = deal;
  if (state === 'closed-lost') return null;
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
    ...namesOf(terms),
    ...reportsOf(deal),
    result: deal.result,
    isOverdue: deal.isOverdue,
  };
}
