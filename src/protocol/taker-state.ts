/**
 * The taker's state of another desk's offer, and its fold from the journal. An offer that was only seen is not in the
 * journal, so that strangers can't fill it. After a fold all messages are due at once.
 */
import { bidOf } from './acceptance.ts';
import {
  applyReport,
  durableReports,
  NO_REPORTS,
  hasUndeliveredReport,
  REPORT_CONDITIONS,
  reportDueAt,
  type DealReports,
} from './deal-reports.ts';
import type { Decimal } from './ids.ts';
import {
  phaseAfter,
  hasStopped,
  IllegalRecordError,
  isFinal,
  TAKER_LIFECYCLE,
  TAKER_START,
  type Conditions,
  type TakerCondition,
  type TakerPhase,
} from './lifecycle.ts';
import { LIMITS } from './limits.ts';
import type { Dialect, OfferTerms, Outcome, Peer, Signature } from './messages.ts';
import type { LossReason, TakerRecord } from './records.ts';
import type { Deadline } from './step.ts';

export interface TakerState {
  readonly terms: OfferTerms;
  /** Of the maker. */
  readonly dialect: Dialect;
  /** The maker's signature under its offer; absent if nothing proves that the offer is this maker's (trust `open`). */
  readonly auth?: Signature;
  readonly phase: TakerPhase;
  /** Our bid; absent: the maker's price. */
  readonly unitPrice?: Decimal;
  /** The reservation that was confirmed or won; null before, and always null with a maker of the original. */
  readonly epoch: number | null;
  /** The last reservation that we confirmed and that has ended; 0: none. */
  readonly releasedEpoch: number;
  /** Why it was lost or given up. */
  readonly reason: LossReason | null;
  /** We accepted before and stopped. Approvals of that acceptance may still arrive, at its price. */
  readonly hasAcceptedBefore: boolean;
  /** The operator's decision about a doubt. */
  readonly closedAs: 'won' | 'lost' | null;
  /** The maker's decision, if it arrived after the end by hand or `voided`. */
  readonly truth: { readonly outcome: Outcome; readonly won: boolean } | null;

  readonly reports: DealReports;

  // the rest does not come from records, or not alone; all times but the first are monotonic
  /** The wall time of the first announcement; after a restart, of the acceptance. */
  readonly seenAt: number;
  /** All reservations up to this one have ended. A restart resets it to `releasedEpoch`. */
  readonly epochFloor: number;
  /** The number of rounds of attempts. Results of an earlier round are ignored. */
  readonly round: number;
  /** Acceptances sent in this round. */
  readonly attempt: number;
  /** An acceptance was sent, and its result is pending. */
  readonly isAcceptanceInFlight: boolean;
  /** When the next acceptance is due. */
  readonly acceptanceAt: number;
  /** Failed status queries in a row: no answer, or a refusal. */
  readonly failedQueries: number;
  /** A status query was sent, and its result is pending. */
  readonly isStatusQueryInFlight: boolean;
  /** When the next status query is due. */
  readonly statusQueryAt: number;
  /** Repeated announcements that we acted on, since the maker's last `none`. */
  readonly announcedQueries: number;
  /** Before this time, a repeated announcement is ignored. */
  readonly announcedQueryAt: number;
}

/** The state of an offer after its first announcement. */
export function seenState(
  { terms, dialect, auth }: Pick<TakerState, 'terms' | 'dialect' | 'auth'>,
  wallMs: number,
): TakerState {
  return {
    terms,
    dialect,
    ...(auth !== undefined && { auth }),
    phase: TAKER_START.seen,
    epoch: null,
    releasedEpoch: 0,
    reason: null,
    hasAcceptedBefore: false,
    closedAs: null,
    truth: null,
    reports: NO_REPORTS,
    seenAt: wallMs,
    epochFloor: 0,
    round: 0,
    attempt: 0,
    isAcceptanceInFlight: false,
    acceptanceAt: 0,
    failedQueries: 0,
    isStatusQueryInFlight: false,
    statusQueryAt: 0,
    announcedQueries: 0,
    announcedQueryAt: 0,
  };
}

/** The events of the taker's lifecycle, with a record or without one. */
export type TakerEvent = TakerRecord | TakerVolatileEvent;

/** An event without a record; see `TAKER_VOLATILE_EVENTS`. */
export type TakerVolatileEvent =
  | { readonly type: 'gone'; readonly reason: LossReason }
  | { readonly type: 'queued' }
  /** The acceptance is no longer in the maker's queue. */
  | { readonly type: 'unqueued' };

const CONDITIONS: Conditions<TakerCondition, TakerState, TakerEvent> = {
  'epoch is not over': ({ epochFloor }, event) => event.type === 'confirmed' && event.epoch > epochFloor,
  'same epoch': ({ epoch }, event) => 'epoch' in event && event.epoch === epoch,
  'maker of the original': ({ dialect }) => dialect === 'original',
  ...REPORT_CONDITIONS,
};

/**
 * The state after an event.
 * @param state null before the first record
 * @throws IllegalRecordError when the lifecycle has no such transition
 */
export function applyTaker(state: TakerState | null, event: TakerEvent): TakerState {
  if (state === null) {
    if (event.type !== 'accepting') throw new IllegalRecordError(`${event.type} before accepting`);
    return applyTaker(seenState(event, event.at), event);
  }
  const phase = phaseAfter<TakerPhase, TakerCondition, TakerState, TakerEvent>(
    TAKER_LIFECYCLE,
    CONDITIONS,
    state,
    event,
  );
  // From an earlier acceptance, only the epochs of ended reservations remain.
  if (event.type === 'accepting') return { ...withoutBid(state), phase, ...acceptedAgain(state, event) };
  return { ...state, phase, ...changes(state, event) };
}

function withoutBid({ unitPrice: _formerBid, ...state }: TakerState): Omit<TakerState, 'unitPrice'> {
  return state;
}

function acceptedAgain(
  { phase }: TakerState,
  record: Extract<TakerRecord, { type: 'accepting' }>,
): Partial<TakerState> {
  return { ...bidOf(record), reason: null, hasAcceptedBefore: hasStopped(phase) };
}

function changes(state: TakerState, event: Exclude<TakerEvent, { type: 'accepting' }>): Partial<TakerState> {
  switch (event.type) {
    case 'confirmed':
    case 'won':
      return { epoch: event.epoch };
    case 'released':
      return { epoch: null, releasedEpoch: event.epoch, epochFloor: event.epoch };
    case 'lost':
    case 'gone':
    case 'gaveUp':
      return { reason: event.reason };
    case 'closed':
      return { closedAs: event.as };
    case 'truth':
      return { truth: { outcome: event.outcome, won: event.won } };
    case 'queued':
    case 'unqueued':
    case 'withdrawn':
    case 'voided':
      return {};
    default:
      return applyReport(state, event);
  }
}

/** The part that survives a restart. `queued` has no record, so it becomes `accepting`. */
export function durableTaker(state: TakerState): unknown {
  const { terms, dialect, auth, unitPrice, phase, epoch, releasedEpoch, reason, hasAcceptedBefore } = state;
  const { closedAs, truth, reports } = state;
  return {
    terms,
    dialect,
    auth,
    unitPrice,
    phase: phase === 'queued' ? 'accepting' : phase,
    epoch,
    releasedEpoch,
    reason,
    hasAcceptedBefore,
    closedAs,
    truth,
    reports: durableReports(reports),
  };
}

/** Nothing is left to do, but a taker that has stopped can accept again. */
export function isTakerFinished(state: TakerState): boolean {
  if (hasStopped(state.phase)) return true;
  return isFinal<TakerPhase>(TAKER_LIFECYCLE, state.phase) && !hasUndeliveredReport(state.reports);
}

/** The end of the validity in wall time. A client of the original demo sends none, so we assume one. */
function validUntil(state: TakerState): number {
  return state.terms.expiresAt ?? state.seenAt + LIMITS.assumedValidityMs;
}

/** The wall time at which an unconfirmed offer ends for the taker, with a margin for clocks that differ. */
export function validityEndsAt(state: TakerState): number {
  return validUntil(state) + LIMITS.clockSkewMs;
}

/** When the taker's next step by time is due. */
export function takerDeadline(state: TakerState): Deadline {
  const statusQueryAt = state.isStatusQueryInFlight ? null : state.statusQueryAt;
  switch (state.phase) {
    case 'seen':
      return { wallMs: validityEndsAt(state), monotonicMs: null };
    case 'accepting':
      return { wallMs: validityEndsAt(state), monotonicMs: state.isAcceptanceInFlight ? null : state.acceptanceAt };
    case 'queued':
      // A client of the original can't be asked.
      if (state.dialect === 'original') return { wallMs: validityEndsAt(state), monotonicMs: null };
      return { wallMs: null, monotonicMs: statusQueryAt };
    case 'confirmed':
      return { wallMs: null, monotonicMs: statusQueryAt };
    default:
      return { wallMs: null, monotonicMs: reportDueAt(state.reports) };
  }
}

export function makerOf(state: TakerState): Peer {
  return {
    id: state.terms.maker,
    dialect: state.dialect,
    ...(state.auth !== undefined && { verified: true as const }),
  };
}
