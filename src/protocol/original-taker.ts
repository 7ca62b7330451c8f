/**
 * The maker's handling of a taker that is a client of the original demo: for it our approval is the deal. An answer
 * without an error is the award. Without an answer the approval is in doubt, until an answer without an error arrives
 * or the operator resolves it. Source of every rule: docs/PROTOCOL.md, "Clients of the original".
 */
import { LIMITS } from './limits.ts';
import { retryApproval } from './maker-approval.ts';
import type { MakerContext } from './maker-context.ts';
import { awardOffer } from './maker-outcome.ts';
import { release } from './maker-reservation.ts';
import type { Reservation } from './maker-state.ts';
import type { Peer, SendResult } from './messages.ts';

/** Handles the result of the approval of the current reservation. */
export function onOriginalsResult(context: MakerContext, reservation: Reservation, result: SendResult): void {
  switch (result.kind) {
    case 'refused':
      // In doubt even an error proves nothing: the client may have lost its deal. The operator decides.
      if (reservation.inDoubt) askAgain(context, reservation);
      else release(context, reservation, 'refused', result.code);
      return;
    case 'unsent':
      if (reservation.inDoubt) askAgain(context, reservation);
      else release(context, reservation, 'unreachable', result.code);
      return;
    case 'unknown':
      if (!reservation.inDoubt) noticeDoubt(context, reservation);
      askAgain(context, { ...reservation, inDoubt: true });
      return;
    default:
      awardOffer(context, reservation, false);
  }
}

function askAgain(context: MakerContext, reservation: Reservation): void {
  retryApproval(context, reservation, LIMITS.doubtRetryMinMs, LIMITS.doubtRetryMaxMs);
}

/**
 * The operator released the offer, and now the client accepts the approval. That can't be undone, so it is reported.
 */
export function onLateOriginalsResult(context: MakerContext, to: Peer, result: SendResult): void {
  if (result.kind === 'refused' || result.kind === 'unsent' || result.kind === 'unknown') return;
  context.notice({ event: 'peer.contradiction', text: `${to.id} took what was released by hand` });
}

export function noticeDoubt(context: MakerContext, { taker, epoch }: Reservation): void {
  context.notice({ event: 'award.in_doubt', taker: taker.id, epoch });
}
