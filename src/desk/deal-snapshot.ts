/** A deal, or an offer in doubt that may be a deal, from the journal. */
import type { DealReports, Report } from '../protocol/deal-reports.ts';
import type { Decimal, PeerId } from '../protocol/ids.ts';
import type { OfferTerms } from '../protocol/messages.ts';
import type { JournalRecord } from '../protocol/records.ts';
import { foldMaker, foldTaker } from './protocol-roles.ts';

/**
 * `done`: awarded, or won. `in-doubt`: confirmed and not yet decided, or reserved for a client of the original that may
 * have taken it. `closed-won`, `closed-lost`: an operator decided by hand.
 */
export type DealState = 'done' | 'in-doubt' | 'closed-won' | 'closed-lost';

export interface DealSnapshot {
  readonly role: 'maker' | 'taker';
  readonly terms: OfferTerms;
  /** The taker, if we are the maker. Null if we are the taker: then the other side is `terms.maker`. */
  readonly taker: PeerId | null;
  /** The taker's bid, or the offer's price without one. */
  readonly unitPrice: Decimal | null;
  readonly state: DealState;
  /** When it reached this state; milliseconds since 1970 on this desk's clock. */
  readonly at: number;
  /** Whether an operator decided it by hand, because it was in doubt. */
  readonly byHand: boolean;
  /** False: the other side's identity is not proven. */
  readonly verified: boolean;
  /** Our report; null: none. */
  readonly ownReport: Report | null;
  readonly otherReport: Report | null;
  /** The result of both reports: `failed` if one side reports so, `open` without reports. Null while it is in doubt. */
  readonly result: 'open' | 'done' | 'failed' | null;
  /** Whether we are the maker, and the winner did not report within `terms.doneWithinMs`. */
  readonly isOverdue: boolean;
}

/** @returns null for an offer that is neither a deal nor in doubt */
export function dealOf(records: readonly JournalRecord[]): DealSnapshot | null {
  return records[0]?.role === 'maker' ? dealOfMaker(records) : dealOfTaker(records);
}

function dealOfMaker(records: readonly JournalRecord[]): DealSnapshot | null {
  const state = foldMaker(records);
  if (state === null) return null;
  const { terms, award, reservation } = state;
  // A client of the original takes the approval as the deal, so it is in doubt until the client has answered.
  const held = reservation?.until === null ? reservation : null;
  const chosen = award ?? held;
  if (chosen === null) return null;
  const latest = records.findLast(({ record }) => record.type === (award === null ? 'reserved' : 'awarded'))?.record;
  return {
    role: 'maker',
    terms,
    taker: chosen.taker.id,
    unitPrice: chosen.unitPrice ?? terms.unitPrice,
    state: award === null ? 'in-doubt' : 'done',
    at: latest?.at ?? 0,
    byHand: latest?.type === 'awarded' && latest.byHand === true,
    verified: chosen.taker.verified === true,
    ...resultOf(state.reports, award === null),
    isOverdue: state.isOverdue,
  };
}

function dealOfTaker(records: readonly JournalRecord[]): DealSnapshot | null {
  const state = foldTaker(records);
  if (state === null) return null;
  const { terms, phase, closedAs, auth, unitPrice } = state;
  if (phase !== 'won' && phase !== 'confirmed' && phase !== 'closed') return null;
  const closed = closedAs === 'won' ? 'closed-won' : 'closed-lost';
  return {
    role: 'taker',
    terms,
    taker: null,
    unitPrice: unitPrice ?? terms.unitPrice,
    state: { won: 'done', confirmed: 'in-doubt', closed }[phase] as DealState,
    at: records.findLast(({ record }) => record.type === phase)?.record.at ?? 0,
    byHand: phase === 'closed',
    verified: auth !== undefined,
    ...resultOf(state.reports, phase === 'confirmed'),
    isOverdue: false,
  };
}

function resultOf(
  { own, other }: DealReports,
  inDoubt: boolean,
): Pick<DealSnapshot, 'ownReport' | 'otherReport' | 'result'> {
  const results = [own?.result, other?.result].filter((result) => result !== undefined);
  const result = results.includes('failed') ? 'failed' : (results[0] ?? 'open');
  return { ownReport: own, otherReport: other, result: inDoubt ? null : result };
}
