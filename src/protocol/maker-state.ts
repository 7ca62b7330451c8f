/**
 * The maker's state of one of its offers, and its fold from the journal. Safety depends only on the part that comes
 * from records. The rest (the queue, messages in flight) may be lost at any time.
 *
 * Waits use the monotonic clock, whose times are in no record. The fold sets a send to 0 (due at once) and the end of a
 * hold to Infinity. The step that wrote the record, or `recover`, then sets the end of the hold.
 */
import { bidOf, type Acceptance } from './acceptance.ts';
import {
  applyReport,
  durableReports,
  NO_REPORTS,
  hasUndeliveredReport,
  REPORT_CONDITIONS,
  reportDueAt,
  type DealReports,
} from './deal-reports.ts';
import type { Decimal, OfferId, PeerId } from './ids.ts';
import {
  phaseAfter,
  IllegalRecordError,
  isFinal,
  MAKER_LIFECYCLE,
  MAKER_START,
  type Conditions,
  type MakerCondition,
  type MakerPhase,
} from './lifecycle.ts';
import { LIMITS } from './limits.ts';
import type { OfferTerms, Outcome, Peer } from './messages.ts';
import type { MakerRecord, OfferPlan } from './records.ts';
import { needsRenewal } from './renewal.ts';
import type { Deadline } from './step.ts';

export interface Reservation {
  readonly taker: Peer;
  readonly epoch: number;
  readonly unitPrice?: Decimal;
  /**
   * End of the hold as sent to the taker, in wall time. Null for a client of the original: its approval is the deal and
   * does not expire.
   */
  readonly until: number | null;

  // the rest does not come from records
  /** The actual end of the hold, in monotonic time. */
  readonly holdEndsAt: number;
  readonly attempt: number;
  /** An approval was sent, and its result is pending. */
  readonly isInFlight: boolean;
  readonly resendAt: number;
  /**
   * Only for a client of the original: an approval may have been received. From then on even an error proves nothing.
   */
  readonly inDoubt: boolean;
  /**
   * Held for a stranger, and not with `manual`. A known taker counts as a stranger at its second turn. The hold is
   * shorter while others wait and earlier strangers did not answer.
   */
  readonly mayBeShortened: boolean;
}

/** The delivery of the outcome to `outcomeRecipient`. */
interface Delivery {
  readonly attempt: number;
  readonly isInFlight: boolean;
  readonly dueAt: number;
}

export interface MakerState {
  readonly terms: OfferTerms;
  /** Not in any message. */
  readonly plan: OfferPlan;
  readonly phase: MakerPhase;
  /** Of the latest reservation; 0 before the first. Never used twice. */
  readonly epoch: number;
  readonly reservation: Reservation | null;
  readonly award: {
    readonly taker: Peer;
    readonly epoch: number;
    readonly unitPrice?: Decimal;
    /** Milliseconds since 1970. */
    readonly at: number;
  } | null;
  /** The taker that may have confirmed and has not acknowledged the outcome. */
  readonly outcomeRecipient: Peer | null;
  readonly reports: DealReports;
  /** The winner did not report in time. */
  readonly isOverdue: boolean;
  /** It was cancelled to be renewed with this validity. */
  readonly renewForMs: number | null;
  /** The offer that replaced it. */
  readonly renewedAs: OfferId | null;

  // the rest is not restored after a crash: records only reset it
  /** Waiting acceptances, in order of arrival. */
  readonly queue: readonly Acceptance[];
  /** A limit; the simulation sets a smaller one. */
  readonly queueMax: number;
  /** Holds of strangers that ended without an answer. */
  readonly silentHolds: number;
  /** Acceptances of strangers so far. */
  readonly strangerAcceptances: number;
  /** Known takers that were reserved before. From then on they count as strangers, or they could always come first. */
  readonly hadTurn: readonly PeerId[];
  /** The taker that the operator has chosen, with the policy `manual`. */
  readonly chosen: PeerId | null;
  /** With `best`: the end of the window. */
  readonly windowEndsAt: number;
  readonly delivery: Delivery | null;
  /** The next announcement of an open offer, and their number since it was opened, released or recovered. */
  readonly announceAgain: { readonly attempt: number; readonly dueAt: number };
}

const CONDITIONS: Conditions<MakerCondition, MakerState, MakerRecord> = {
  // Epochs only grow, so that a confirmation never counts for another reservation.
  'new epoch': ({ epoch }, record) => 'epoch' in record && record.epoch > epoch,
  'same epoch': ({ reservation }, record) => 'epoch' in record && record.epoch === reservation?.epoch,
  'same epoch and taker': ({ reservation }, record) =>
    record.type === 'awarded' && record.epoch === reservation?.epoch && record.taker.id === reservation.taker.id,
  'outcome is owed': ({ outcomeRecipient }) => outcomeRecipient !== null,
  'not overdue yet': ({ isOverdue }) => !isOverdue,
  'not renewed yet': ({ renewedAs }) => renewedAs === null,
  ...REPORT_CONDITIONS,
};

/**
 * The state after a record.
 * @param state null before `opened`
 * @throws IllegalRecordError when the lifecycle has no such transition
 */
export function applyMaker(state: MakerState | null, record: MakerRecord): MakerState {
  if (record.type === 'opened') {
    if (state !== null) throw new IllegalRecordError('opened twice');
    return openedState(record.terms, record.plan ?? NO_PLAN);
  }
  if (state === null) throw new IllegalRecordError(`${record.type} before opened`);
  const phase = phaseAfter<MakerPhase, MakerCondition, MakerState, MakerRecord>(
    MAKER_LIFECYCLE,
    CONDITIONS,
    state,
    record,
  );
  return { ...state, phase, ...changes(state, record) };
}

function changes(state: MakerState, record: Exclude<MakerRecord, { type: 'opened' }>): Partial<MakerState> {
  switch (record.type) {
    case 'reserved':
      return { epoch: record.epoch, reservation: freshReservation(record) };
    case 'released':
      return { reservation: null, announceAgain: { attempt: 0, dueAt: 0 } };
    case 'awarded':
      return {
        reservation: null,
        award: { taker: record.taker, epoch: record.epoch, at: record.at, ...bidOf(state.reservation ?? {}) },
        ...outcomeOwedTo(record.taker),
        queue: NONE,
      };
    case 'voided':
      return { reservation: null, queue: NONE };
    case 'cancelled':
      return { ...ended(state), renewForMs: record.renewForMs ?? null };
    case 'expired':
      return ended(state);
    case 'delivered':
      return { outcomeRecipient: null, delivery: null };
    case 'overdue':
      return { isOverdue: true };
    case 'renewed':
      return { renewedAs: record.as };
    default:
      return applyReport(state, record);
  }
}

/** Shared by all offers without acceptances, of which a desk may have a hundred thousand. */
const NONE: readonly never[] = [];
const NO_PLAN: OfferPlan = {};

function openedState(terms: OfferTerms, plan: OfferPlan): MakerState {
  return {
    terms,
    plan,
    phase: MAKER_START.opened,
    epoch: 0,
    reservation: null,
    award: null,
    outcomeRecipient: null,
    reports: NO_REPORTS,
    isOverdue: false,
    renewForMs: null,
    renewedAs: null,
    queue: NONE,
    queueMax: LIMITS.acceptancesPerOfferMax,
    silentHolds: 0,
    strangerAcceptances: 0,
    hadTurn: NONE,
    chosen: null,
    windowEndsAt: 0,
    delivery: null,
    announceAgain: { attempt: 0, dueAt: 0 },
  };
}

function freshReservation(record: Extract<MakerRecord, { type: 'reserved' }>): Reservation {
  const { taker, epoch, until } = record;
  const underWay = {
    holdEndsAt: Infinity,
    attempt: 0,
    isInFlight: false,
    resendAt: 0,
    inDoubt: false,
    mayBeShortened: false,
  };
  return { taker, epoch, until, ...bidOf(record), ...underWay };
}

function ended({ reservation }: MakerState): Partial<MakerState> {
  return { reservation: null, ...outcomeOwedTo(reservation?.taker ?? null), queue: NONE };
}

/** Nothing is delivered to a client of the original: its approval was the deal. */
function outcomeOwedTo(taker: Peer | null): Pick<MakerState, 'outcomeRecipient' | 'delivery'> {
  if (taker?.dialect !== 'grapevine') return { outcomeRecipient: null, delivery: null };
  return { outcomeRecipient: taker, delivery: { attempt: 0, isInFlight: false, dueAt: 0 } };
}

/** The part that survives a restart. Two folds of the same journal must agree on it. */
export function durableMaker(state: MakerState): unknown {
  const { terms, plan, phase, epoch, reservation, award, outcomeRecipient, isOverdue, renewForMs, renewedAs } = state;
  const held = reservation && {
    taker: reservation.taker,
    epoch: reservation.epoch,
    until: reservation.until,
    ...bidOf(reservation),
  };
  const reports = durableReports(state.reports);
  return {
    terms,
    plan,
    phase,
    epoch,
    reservation: held,
    award,
    outcomeRecipient,
    isOverdue,
    renewForMs,
    renewedAs,
    reports,
  };
}

/** Nothing is due. Messages and commands can still come: status queries, reports, a renewal. */
export function isMakerFinished(state: MakerState): boolean {
  if (!isFinal<MakerPhase>(MAKER_LIFECYCLE, state.phase) || state.outcomeRecipient !== null) return false;
  return !hasUndeliveredReport(state.reports) && overdueAt(state) === null && !needsRenewal(state);
}

/** The wall time at which the winner's report becomes overdue; null if it can't, or is overdue already. */
export function overdueAt({ terms, award, reports, isOverdue }: MakerState): number | null {
  if (terms.doneWithinMs === undefined || award === null || isOverdue || reports.other !== null) return null;
  return award.at + terms.doneWithinMs;
}

/** Whether the offer can be cancelled or expire: no client of the original may have received an approval. */
export function isRevocable(state: MakerState): boolean {
  return state.phase === 'open' || (state.phase === 'reserved' && state.reservation?.until !== null);
}

/** When the maker's next step by time is due. */
export function makerDeadline(state: MakerState): Deadline {
  const times: number[] = [];
  if (state.phase === 'open') {
    if (state.queue.length === 0) times.push(state.announceAgain.dueAt);
    else if (state.terms.award === 'best') times.push(state.windowEndsAt);
  }
  const { reservation, delivery } = state;
  if (reservation !== null) {
    if (reservation.until !== null) times.push(reservation.holdEndsAt);
    if (!reservation.isInFlight) times.push(reservation.resendAt);
  }
  if (delivery !== null && !delivery.isInFlight) times.push(delivery.dueAt);
  const reportAt = reportDueAt(state.reports);
  if (reportAt !== null) times.push(reportAt);
  return {
    wallMs: isRevocable(state) ? state.terms.expiresAt : overdueAt(state),
    monotonicMs: times.length === 0 ? null : Math.min(...times),
  };
}

/** Null if the offer has not ended, or is voided. */
export function outcomeOf({ phase }: MakerState): Outcome | null {
  return phase === 'awarded' || phase === 'cancelled' || phase === 'expired' ? phase : null;
}

/** The place of a taker in the queue, from 0; -1 if it does not wait. */
export function queueIndex({ queue }: MakerState, taker: PeerId): number {
  return queue.findIndex((waiting) => waiting.taker.id === taker);
}
