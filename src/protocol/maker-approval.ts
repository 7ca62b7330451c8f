/** Sends the approval to the reserved taker, and repeats it with the same epoch until the taker answers. */
import { bidOf } from './acceptance.ts';
import { retryWaitMs, type MakerContext } from './maker-context.ts';
import type { Reservation } from './maker-state.ts';

export function sendDueApproval(context: MakerContext): void {
  const { reservation, terms } = context.state;
  if (reservation === null || reservation.isInFlight || context.monotonicMs < reservation.resendAt) return;
  const { taker, epoch, until } = reservation;
  const isOriginals = until === null;
  context.set({ reservation: { ...reservation, isInFlight: true, attempt: reservation.attempt + 1 } });
  context.send(
    taker,
    {
      cmd: 'offer:accept:approved',
      offerId: terms.offerId,
      maker: terms.maker,
      taker: taker.id,
      epoch: isOriginals ? null : epoch,
      until,
      ...bidOf(reservation),
    },
    { what: 'approval', epoch },
    isOriginals,
  );
}

export function retryApproval(context: MakerContext, reservation: Reservation, minMs: number, maxMs: number): void {
  const wait = retryWaitMs(context, reservation.taker, Math.max(1, reservation.attempt), minMs, maxMs);
  context.set({ reservation: { ...reservation, isInFlight: false, resendAt: context.monotonicMs + wait } });
}
