/**
 * What a taker knows about an offer of another desk, and how its journal folds into that. Offers that were only seen are
 * not in the journal at all: strangers must not be able to fill it. What is to be sent is due at once in a fold.
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
import { IllegalRecordError } from './illegal-record.ts';
import {
  phaseAfter,
  hasStopped,
  isFinal,
  TAKER_LIFECYCLE,
  TAKER_START,
  type Conditions,
  type TakerCondition,
  type TakerPhase,
} from './lifecycle.ts';
import { LIMITS } from './limits.ts';
import type { Auth, Dialect, OfferTerms, Outcome, Peer } from './messages.ts';
import type { LossReason, TakerRecord } from './records.ts';
import type { Deadline } from './step.ts';

export interface TakerState {
  readonly terms: OfferTerms;
  /** How the maker speaks. */
  readonly dialect: Dialect;
  /** The maker's signature under its offer; absent where it was taken at its word. */
  readonly auth?: Auth;
  readonly phase: TakerPhase;
  /** Our bid; absent: the maker's price. */
  readonly unitPrice?: Decimal;
  /** The reservation that was confirmed or won; null before, and always null with a maker of the original. */
  readonly epoch: number | null;
  /** Reservations up to this one are known to be over. */
  readonly epochFloor: number;
  /** Why it was lost or given up. */
  readonly reason: LossReason | null;
  /** We accepted it before and stopped, so that approvals of that earlier acceptance may still come, at its price. */
  readonly isAnew: boolean;
  /** What an operator made of the doubt, where one did. */
  readonly closedAs: 'won' | 'lost' | null;
  /** The maker's decision, where it arrived after that. */
  readonly truth: { readonly outcome: Outcome; readonly won: boolean } | null;

  readonly reports: DealReports;

  // from here on not from records; all times but the first are on the monotonic clock
  /** Wall time at which it was announced, as far as we know. */
  readonly seenAt: number;
  /** How often we began to accept it: results of acceptances of an earlier round count no more. */
  readonly round: number;
  /** Acceptances sent in this round. */
  readonly attempt: number;
  /** An acceptance is on its way; its result will come. */
  readonly isAcceptanceInFlight: boolean;
  /** When the next acceptance is due. */
  readonly acceptanceAt: number;
  /** Questions to the maker that got no answer, since the last one that did. */
  readonly unanswered: number;
  /** A question is on its way; its result will come. */
  readonly isQuestionInFlight: boolean;
  /** When the next question is due. */
  readonly questionAt: number;
  /** Announcements of it that came again and made us ask, since the maker's last `none`. */
  readonly hints: number;
  /** Before this time a further one does not make us ask. */
  readonly hintAt: number;
}

/** An offer as its maker has announced it to us. */
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
    epochFloor: 0,
    reason: null,
    isAnew: false,
    closedAs: null,
    truth: null,
    reports: NO_REPORTS,
    seenAt: wallMs,
    round: 0,
    attempt: 0,
    isAcceptanceInFlight: false,
    acceptanceAt: 0,
    unanswered: 0,
    isQuestionInFlight: false,
    questionAt: 0,
    hints: 0,
    hintAt: 0,
  };
}

/** The events of the taker's lifecycle, with a record or without one. */
export type TakerEvent = TakerRecord | TakerVolatileEvent;

/** An event without a record; see `TAKER_VOLATILE_EVENTS`. */
export type TakerVolatileEvent =
  | { readonly type: 'gone'; readonly reason: LossReason }
  | { readonly type: 'queued' }
  /** It is not in the maker's queue any more. */
  | { readonly type: 'unqueued' };

/** What the conditions in the table of the taker's lifecycle mean. */
const CONDITIONS: Conditions<TakerCondition, TakerState, TakerEvent> = {
  'epoch is not over': ({ epochFloor }, event) => event.type === 'confirmed' && event.epoch > epochFloor,
  'same epoch': ({ epoch }, event) => 'epoch' in event && event.epoch === epoch,
  'maker of the original': ({ dialect }) => dialect === 'original',
  ...REPORT_CONDITIONS,
};

/**
 * The fold.
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
  // Of an earlier acceptance only the epochs of ended reservations stay known.
  if (event.type === 'accepting') return { ...withoutBid(state), phase, ...acceptedAnew(state, event) };
  return { ...state, phase, ...changes(state, event) };
}

function withoutBid({ unitPrice: _formerBid, ...state }: TakerState): Omit<TakerState, 'unitPrice'> {
  return state;
}

function acceptedAnew({ phase }: TakerState, record: Extract<TakerRecord, { type: 'accepting' }>): Partial<TakerState> {
  return { ...bidOf(record), reason: null, isAnew: hasStopped(phase) };
}

function changes(state: TakerState, event: Exclude<TakerEvent, { type: 'accepting' }>): Partial<TakerState> {
  switch (event.type) {
    case 'confirmed':
    case 'won':
      return { epoch: event.epoch };
    case 'released':
      return { epoch: null, epochFloor: event.epoch };
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

/** The part that a restart brings back. `queued` is a courtesy of the maker and comes back as `accepting`. */
export function durableTaker(state: TakerState): unknown {
  const { terms, dialect, auth, unitPrice, phase, epoch, reason, isAnew, closedAs, truth, reports } = state;
  return {
    terms,
    dialect,
    auth,
    unitPrice,
    phase: phase === 'queued' ? 'accepting' : phase,
    epoch,
    reason,
    isAnew,
    closedAs,
    truth,
    reports: durableReports(reports),
  };
}

/** Nothing left to do by itself; a taker that has stopped may be told to accept anew. */
export function isTakerFinished(state: TakerState): boolean {
  if (hasStopped(state.phase)) return true;
  return isFinal<TakerPhase>(TAKER_LIFECYCLE, state.phase) && !hasUndeliveredReport(state.reports);
}

/** End of the validity, in wall time, as far as the taker can tell. A maker of the original demo gives none, so we assume one. */
function validUntil(state: TakerState): number {
  return state.terms.expiresAt ?? state.seenAt + LIMITS.assumedValidityMs;
}

/** When an offer that was not confirmed is over for a taker, in wall time. It allows for clocks that differ. */
export function validityEndsAt(state: TakerState): number {
  return validUntil(state) + LIMITS.clockSkewMs;
}

/** When the taker next has something to do by itself. */
export function takerDeadline(state: TakerState): Deadline {
  const questionAt = state.isQuestionInFlight ? null : state.questionAt;
  switch (state.phase) {
    case 'seen':
      return { wallMs: validityEndsAt(state), monotonicMs: null };
    case 'accepting':
      return { wallMs: validityEndsAt(state), monotonicMs: state.isAcceptanceInFlight ? null : state.acceptanceAt };
    case 'queued':
      // A client of the original can't be asked.
      if (state.dialect === 'original') return { wallMs: validityEndsAt(state), monotonicMs: null };
      return { wallMs: null, monotonicMs: questionAt };
    case 'confirmed':
      return { wallMs: null, monotonicMs: questionAt };
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
