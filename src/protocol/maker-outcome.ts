/** Ends offers, with one record each, and delivers the outcome to the reserved taker until it acknowledges it. */
import { bidOf } from './acceptance.ts';
import { isUndecided } from './lifecycle.ts';
import { LIMITS } from './limits.ts';
import { broadcastDone, doneMessage } from './maker-broadcasts.ts';
import { retryWaitMs, type MakerContext } from './maker-context.ts';
import { isRevocable, outcomeOf, overdueAt, type Reservation } from './maker-state.ts';
import type { Peer, SendResult, Signature } from './messages.ts';

/** The record is durable before anything is sent. Otherwise a crash could lose an award that the winner knows of. */
export function awardOffer(context: MakerContext, reservation: Reservation, byHand: boolean, auth?: Signature): void {
  const { taker, epoch } = reservation;
  const proof = auth === undefined ? {} : { auth };
  context.record({ type: 'awarded', at: context.wallMs, taker, epoch, ...(byHand && { byHand }), ...proof });
  context.notice({ event: 'deal.awarded', taker: taker.id, epoch, byHand, ...bidOf(reservation) });
  broadcastDone(context, 'awarded');
}

export function cancelOffer(context: MakerContext, renewForMs?: number): void {
  context.record({ type: 'cancelled', at: context.wallMs, ...(renewForMs !== undefined && { renewForMs }) });
  context.notice({ event: 'offer.cancelled' });
  broadcastDone(context, 'cancelled');
}

/** Not after an approval to a client of the original, which counts as the deal. */
export function expireIfDue(context: MakerContext): void {
  const { expiresAt } = context.state.terms;
  if (expiresAt === null || context.wallMs < expiresAt || !isRevocable(context.state)) return;
  context.record({ type: 'expired', at: context.wallMs });
  context.notice({ event: 'offer.expired' });
  broadcastDone(context, 'expired');
}

/**
 * For an offer in a restored copy of the journal. It may have been awarded after the copy was made, so it can't even
 * expire. No outcome is sent, because it is not known.
 */
export function voidOffer(context: MakerContext): void {
  const { phase } = context.state;
  if (!isUndecided(phase)) return;
  context.record({ type: 'voided', at: context.wallMs });
  context.notice({ event: 'offer.voided' });
}

/** Notifies programs that the winner has not reported in time. The award does not change. */
export function markOverdueIfDue(context: MakerContext): void {
  const { award } = context.state;
  const dueAt = overdueAt(context.state);
  if (award === null || dueAt === null || context.wallMs < dueAt) return;
  context.record({ type: 'overdue', at: context.wallMs });
  context.notice({ event: 'deal.overdue', taker: award.taker.id });
}

export function sendDueDelivery(context: MakerContext): void {
  const { delivery, outcomeRecipient } = context.state;
  const outcome = outcomeOf(context.state);
  if (outcomeRecipient === null || delivery === null || outcome === null) return;
  if (delivery.isInFlight || context.monotonicMs < delivery.dueAt) return;
  context.set({ delivery: { ...delivery, isInFlight: true, attempt: delivery.attempt + 1 } });
  context.send(outcomeRecipient, doneMessage(context.state, outcome), { what: 'delivery' });
}

export function onDeliveryResult(context: MakerContext, to: Peer, result: SendResult): void {
  const { outcomeRecipient, delivery } = context.state;
  if (outcomeRecipient?.id !== to.id || delivery === null) return;
  if (result.kind === 'acknowledged') {
    context.record({ type: 'delivered', at: context.wallMs });
    context.notice({ event: 'outcome.delivered', taker: to.id });
  } else if (delivery.attempt >= LIMITS.deliveryMaxAttempts) {
    context.record({ type: 'delivered', at: context.wallMs, givenUp: true });
  } else {
    const { deliveryRetryMinMs, deliveryRetryMaxMs } = LIMITS;
    const wait = retryWaitMs(context, to, delivery.attempt, deliveryRetryMinMs, deliveryRetryMaxMs);
    context.set({ delivery: { ...delivery, isInFlight: false, dueAt: context.monotonicMs + wait } });
  }
}
