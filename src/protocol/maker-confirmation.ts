/**
 * Handles the result of an approval: a confirmation awards the offer, a refusal releases it, and no answer does
 * neither.
 */
import type { ErrorCode } from './errors.ts';
import { LIMITS } from './limits.ts';
import { retryApproval } from './maker-approval.ts';
import { doneMessage } from './maker-broadcasts.ts';
import type { MakerContext } from './maker-context.ts';
import { awardOffer } from './maker-outcome.ts';
import { sendReleased, release } from './maker-reservation.ts';
import { outcomeOf } from './maker-state.ts';
import type { Peer, SendResult } from './messages.ts';
import { onLateOriginalsResult, onOriginalsResult } from './original-taker.ts';

/** Refusals that do not express the taker's decision: the approval is sent again while the hold lasts. */
const TEMPORARY: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_OVERLOADED',
  'ERR_RATE_LIMITED',
  'ERR_STOPPING',
  'ERR_INTERNAL',
  'ERR_WRONG_DESK',
  'ERR_JOURNAL',
]);

export function onApprovalResult(context: MakerContext, to: Peer, epoch: number, result: SendResult): void {
  const { reservation } = context.state;
  if (reservation?.epoch !== epoch || reservation.taker.id !== to.id) {
    onLateResult(context, to, epoch, result);
  } else if (reservation.until === null) {
    onOriginalsResult(context, reservation, result);
  } else if (result.kind === 'confirmed' && result.epoch === epoch) {
    awardOffer(context, reservation, false, result.auth);
  } else if (result.kind === 'refused' && !TEMPORARY.has(result.code)) {
    release(context, reservation, 'refused', result.code);
  } else {
    // No answer is not a refusal. The approval is sent again, with the same epoch, until the hold ends.
    retryApproval(context, reservation, LIMITS.approvalRetryMinMs, LIMITS.approvalRetryMaxMs);
  }
}

/** A confirmation of an ended epoch never counts. Its taker is informed at once, so that it does not stay in doubt. */
function onLateResult(context: MakerContext, to: Peer, epoch: number, result: SendResult): void {
  const { phase, award } = context.state;
  if (award?.taker.id === to.id && award.epoch === epoch) return;
  if (to.dialect === 'original') {
    onLateOriginalsResult(context, to, result);
    return;
  }
  if (result.kind !== 'confirmed') return;
  const outcome = outcomeOf(context.state);
  if (outcome !== null) context.send(to, doneMessage(context.state, outcome), { what: 'hint' });
  else if (phase !== 'voided') sendReleased(context, to, epoch);
}
