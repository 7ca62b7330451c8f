/**
 * The first step of an offer after a start. Nothing is on its way any more, and an approval to a client of the original may have
 * been received. Nobody knows how long the desk was down, as its wall clock may have been set: a hold gets its full length again,
 * and a window at most that.
 */
import { broadcastDone } from './maker-broadcasts.ts';
import type { MakerContext } from './maker-context.ts';
import { endOfHold } from './maker-reservation.ts';
import { outcomeOf, type Reservation } from './maker-state.ts';
import { noticeDoubt } from './original-taker.ts';
import { forgetReportUnderWay } from './report-steps.ts';

export function recoverMaker(context: MakerContext): void {
  forgetReportUnderWay(context);
  const { reservation, delivery, owed } = context.state;
  context.set({
    announceAgain: { attempt: 0, dueAt: context.monotonicMs },
    windowEndsAt: context.monotonicMs + windowLeftMs(context),
    reservation: reservation && heldAnew(context, reservation),
    delivery: delivery && { attempt: 0, inFlight: false, dueAt: context.monotonicMs },
  });
  if (reservation?.until === null) noticeDoubt(context, reservation);
  // The crash may have come before anybody was told.
  const outcome = outcomeOf(context.state);
  if (owed !== null && outcome !== null) broadcastDone(context, outcome);
}

function heldAnew(context: MakerContext, reservation: Reservation): Reservation {
  return {
    ...reservation,
    holdEndsAt: endOfHold(context, reservation.taker),
    attempt: 0,
    inFlight: false,
    resendAt: context.monotonicMs,
    inDoubt: reservation.until === null,
  };
}

function windowLeftMs({ state, wallMs }: MakerContext): number {
  const { windowMs = 0, issuedAt } = state.terms;
  return Math.min(windowMs, Math.max(0, (issuedAt ?? 0) + windowMs - wallMs));
}
