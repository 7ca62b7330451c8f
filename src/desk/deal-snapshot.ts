/** A deal, or what may be one, as its journal tells it. */
import type { DealReports, Report } from '../protocol/deal-reports.ts';
import type { Decimal, PeerId } from '../protocol/ids.ts';
import type { OfferTerms } from '../protocol/messages.ts';
import type { JournalRecord } from '../protocol/records.ts';
import { foldMaker, foldTaker } from './protocol-roles.ts';

/**
 * `done`: awarded, or won. `in-doubt`: confirmed and not yet decided, or held for a client of the original that may have
 * taken it. `closed-won`, `closed-lost`: an operator closed the doubt by hand.
 */
export type DealState = 'done' | 'in-doubt' | 'closed-won' | 'closed-lost';

export interface DealSnapshot {
  readonly role: 'maker' | 'taker';
  readonly terms: OfferTerms;
  /** The other side of a maker; null on the taker's side, whose other side is the offer's maker. */
  readonly taker: PeerId | null;
  /** Of the deal: the taker's bid, else the offer's price. */
  readonly unitPrice: Decimal | null;
  readonly state: DealState;
  /** When it came into this state, milliseconds since 1970 on this desk's clock. */
  readonly at: number;
  /** An operator decided a doubt by hand. */
  readonly byHand: boolean;
  /** False: the other side was taken at its word. */
  readonly verified: boolean;
  /** What we have reported about it; null: nothing. */
  readonly ownReport: Report | null;
  readonly otherReport: Report | null;
  /** How it went, from both reports: `failed` where one side says so. Null while it is in doubt. */
  readonly result: 'open' | 'done' | 'failed' | null;
  /** As maker: the winner did not report within `terms.doneWithinMs`. */
  readonly isOverdue: boolean;
}

/** Null for an offer that is no deal and is not in doubt. */
export function dealOf(records: readonly JournalRecord[]): DealSnapshot | null {
  return records[0]?.role === 'maker' ? dealOfMaker(records) : dealOfTaker(records);
}

function dealOfMaker(records: readonly JournalRecord[]): DealSnapshot | null {
  const state = foldMaker(records);
  if (state === null) return null;
  const { terms, award, reservation } = state;
  // To a client of the original the approval is the deal, so that it is in doubt until it has answered.
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
  const said = [own?.result, other?.result].filter((result) => result !== undefined);
  const result = said.includes('failed') ? 'failed' : (said[0] ?? 'open');
  return { ownReport: own, otherReport: other, result: inDoubt ? null : result };
}
