/** An offer that became a deal, or may have, in the words of the contract. */
import type { OfferSnapshot } from '../../desk/offer-snapshot.ts';
import type { JournalRecord } from '../../protocol/records.ts';
import { multiplyDecimals } from '../../wire/decimal-arithmetic.ts';
import type { Deal } from '../contract.ts';

/** @returns null for what is no deal */
export function dealOf(offer: OfferSnapshot, self: string, records: readonly JournalRecord[]): Deal | null {
  const decision = decisionOf(offer, records);
  if (decision === null) return null;
  const { role, terms, inDoubt, verified } = offer;
  const { offerId, maker, type, amount, pair } = terms;
  const unitPrice = offer.unitPrice ?? terms.unitPrice;
  return {
    role,
    offerId,
    maker,
    taker: offer.role === 'maker' ? (offer.taker ?? '') : self,
    type,
    amount,
    pair,
    unitPrice,
    total: unitPrice === null ? null : multiplyDecimals(amount, unitPrice),
    ...decision,
    inDoubt,
    verified,
  };
}

/** When it was decided and by whom; in doubt: since when. */
function decisionOf({ inDoubt }: OfferSnapshot, records: readonly JournalRecord[]): Pick<Deal, 'at' | 'byHand'> | null {
  for (const { record } of [...records].reverse()) {
    switch (record.type) {
      case 'awarded':
        return { at: record.at, byHand: record.byHand ?? false };
      case 'won':
        return { at: record.at, byHand: false };
      case 'truth':
        return record.won ? { at: record.at, byHand: false } : null;
      case 'closed':
        return record.as === 'won' ? { at: record.at, byHand: true } : null;
      case 'confirmed':
      case 'reserved':
        return inDoubt ? { at: record.at, byHand: false } : null;
      default:
    }
  }
  return null;
}
