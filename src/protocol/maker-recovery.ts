/**
 * The first step of an offer after a start. All pending messages are due at once, because none is in flight. It is not
 * known how long the desk was down, because its wall clock may have been set: a reservation gets its full length again,
 * and a `best` window at most its full length. An approval to a client of the original demo may have been received, so
 * it is in doubt.
 */
import { broadcastDone } from './maker-broadcasts.ts';
import type { MakerContext } from './maker-context.ts';
import { endOfHold } from './maker-reservation.ts';
import { outcomeOf } from './maker-state.ts';
import { noticeDoubt } from './original-taker.ts';

export function recoverMaker(context: MakerContext): void {
  const { reservation, outcomeRecipient } = context.state;
  context.set({ windowEndsAt: context.monotonicMs + windowLeftMs(context) });
  if (reservation !== null) {
    const inDoubt = reservation.until === null;
    context.set({ reservation: { ...reservation, holdEndsAt: endOfHold(context, reservation.taker), inDoubt } });
    if (inDoubt) noticeDoubt(context, reservation);
  }
  // The crash may have come before the broadcast.
  const outcome = outcomeOf(context.state);
  if (outcomeRecipient !== null && outcome !== null) broadcastDone(context, outcome);
}

function windowLeftMs({ state, wallMs }: MakerContext): number {
  const { windowMs = 0, issuedAt } = state.terms;
  return Math.min(windowMs, Math.max(0, (issuedAt ?? 0) + windowMs - wallMs));
}
