/**
 * Reservations, for one taker at a time: the next taker, the length of the hold, and the end of a reservation. Each
 * reservation has its own epoch (`epochs.ts`).
 */
import { bidOf, type Acceptance } from './acceptance.ts';
import { chooseNext } from './choice.ts';
import { nextEpoch } from './epochs.ts';
import type { ErrorCode } from './errors.ts';
import { LIMITS } from './limits.ts';
import type { MakerContext } from './maker-context.ts';
import type { Reservation } from './maker-state.ts';
import type { Peer } from './messages.ts';
import type { ReleaseReason } from './records.ts';

/** Reserves the offer for the next taker, if it is open and an acceptance can be chosen. */
export function reserveNext(context: MakerContext): void {
  while (context.state.phase === 'open') {
    const next = chooseNext(context.state, context.monotonicMs, context.draw);
    if (next === null) return;
    const epoch = nextEpoch(context.state.epoch, context.life);
    if (epoch === null) {
      // The waiting takers learn it when they ask and accept again: they are refused.
      context.set({ queue: [] });
      return;
    }
    context.set({ queue: context.state.queue.toSpliced(next.index, 1), chosen: null });
    reserve(context, next.acceptance, epoch);
  }
}

function reserve(context: MakerContext, acceptance: Acceptance, epoch: number): void {
  const { taker, isKnown } = acceptance;
  const { hadTurn } = context.state;
  const until = taker.dialect === 'original' ? null : untilForTaker(context);
  if (isKnown === true) context.set({ hadTurn: [...hadTurn, taker.id].slice(-LIMITS.acceptancesPerOfferMax) });
  context.record({ type: 'reserved', at: context.wallMs, taker, epoch, until, ...bidOf(acceptance) });
  context.notice({ event: 'award.reserved', taker: taker.id, epoch, until, ...bidOf(acceptance) });
  const { reservation, terms } = context.state;
  if (reservation === null) return;
  const mayBeShortened = isKnown !== true && terms.award !== 'manual';
  context.set({ reservation: { ...reservation, mayBeShortened, holdEndsAt: endOfHold(context, taker) } });
  shortenHold(context);
}

/** The `until` in the approval, in wall time. It is only a hint: the taker's clock may differ. */
function untilForTaker({ state, wallMs }: MakerContext): number {
  return Math.min(wallMs + LIMITS.reservationMs, state.terms.expiresAt ?? Infinity);
}

/** In monotonic time. For a client of the original the approval is the deal, so its hold does not end by time. */
export function endOfHold({ monotonicMs }: MakerContext, { dialect }: Peer): number {
  return dialect === 'original' ? Infinity : monotonicMs + LIMITS.reservationMs;
}

/** While others wait, a stranger's hold is halved for each earlier hold of a stranger that ended without an answer. */
export function shortenHold(context: MakerContext): void {
  const { reservation, queue, silentHolds } = context.state;
  if (reservation?.mayBeShortened !== true || queue.length === 0 || silentHolds === 0) return;
  const holdMs = Math.max(LIMITS.strangerHoldMinMs, LIMITS.reservationMs / 2 ** silentHolds);
  const holdEndsAt = Math.min(reservation.holdEndsAt, context.monotonicMs + holdMs);
  if (holdEndsAt < reservation.holdEndsAt && reservation.until !== null) {
    context.set({ reservation: { ...reservation, holdEndsAt } });
  }
}

export function endHoldIfDue(context: MakerContext): void {
  const { reservation } = context.state;
  if (reservation?.until == null || context.monotonicMs < reservation.holdEndsAt) return;
  release(context, reservation, 'silent');
}

export function release(
  context: MakerContext,
  { taker, epoch, mayBeShortened }: Reservation,
  reason: ReleaseReason,
  detail?: ErrorCode,
): void {
  if (reason === 'silent' && mayBeShortened) context.set({ silentHolds: context.state.silentHolds + 1 });
  const why = detail === undefined ? { reason } : { reason, detail };
  context.record({ type: 'released', at: context.wallMs, epoch, ...why });
  context.set({ announceAgain: { attempt: 0, dueAt: context.monotonicMs + LIMITS.announceAgainMinMs } });
  context.notice({ event: 'award.released', taker: taker.id, epoch, ...why });
  // A taker that refused knows. One that did not answer may have confirmed, and its confirmation was lost.
  if (reason === 'silent') sendReleased(context, taker, epoch);
}

/** Informs a taker that its hold has ended. It saves a status query. */
export function sendReleased(context: MakerContext, taker: Peer, epoch: number): void {
  const { offerId, maker } = context.state.terms;
  context.send(taker, { cmd: 'offer:accept:released', offerId, maker, taker: taker.id, epoch }, { what: 'hint' });
}
