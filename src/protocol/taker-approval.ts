/**
 * Confirms approvals, and handles the end of a reservation. A confirmation is durable before it is sent. After it only
 * the maker's answer, the operator or a restored copy of the journal ends the doubt.
 */
import { hasStopped } from './lifecycle.ts';
import { LIMITS } from './limits.ts';
import { refusal, type Answer, type OfferApproved, type OfferReleased, type Signature } from './messages.ts';
import { onOriginalsApproval } from './original-maker.ts';
import { acceptAgain, restartAttempts } from './taker-acceptance.ts';
import { contradiction, type TakerContext } from './taker-context.ts';
import { isTakerFinished } from './taker-state.ts';

export function onApproval(context: TakerContext, approval: OfferApproved, auth: Signature | undefined): Answer {
  const { epoch, unitPrice } = approval;
  const { dialect, phase, closedAs, epoch: ours } = context.state;
  if (dialect === 'original') return onOriginalsApproval(context);
  if (unitPrice !== context.state.unitPrice) return onApprovalAtOtherPrice(context);
  if (epoch === null) return refusal('ERR_INVALID_MESSAGE', 'an approval of this offer needs an epoch');
  switch (phase) {
    case 'accepting':
    case 'queued':
      return confirm(context, epoch, approval, auth);
    case 'confirmed':
      return confirmAgain(context, epoch, approval, auth);
    case 'won':
      return epoch === ours ? { kind: 'confirmed', epoch } : stale(epoch);
    case 'closed':
      // The operator decided that we have won. A refusal would give the offer to another taker.
      if (closedAs === 'won' && epoch === ours) return { kind: 'confirmed', epoch };
      return refusal('ERR_NOT_INTERESTED', 'not wanted: closed by hand');
    default:
      return refusal('ERR_NOT_INTERESTED', `not wanted: ${phase}`);
  }
}

/**
 * The approval may be for an acceptance that we withdrew before we accepted again. Our refusal ends that reservation,
 * so the new acceptance is sent again.
 */
function onApprovalAtOtherPrice(context: TakerContext): Answer {
  const { phase, hasAcceptedBefore } = context.state;
  if (!hasAcceptedBefore || (phase !== 'accepting' && phase !== 'queued')) {
    return contradiction(context, 'approved at another price than we accepted at');
  }
  if (phase === 'queued') acceptAgain(context);
  return refusal('ERR_NOT_INTERESTED', 'not wanted: accepted at another price since');
}

/** Durable before it is sent. If a crash lost it, the maker could award the offer to a taker that denies the deal. */
function confirm(context: TakerContext, epoch: number, { until }: OfferApproved, auth: Signature | undefined): Answer {
  if (epoch <= context.state.epochFloor) return stale(epoch);
  const hold = until === null ? {} : { until };
  const proof = auth === undefined ? {} : { auth };
  context.record({ type: 'confirmed', at: context.wallMs, epoch, ...hold, ...proof });
  context.notice({ event: 'award.confirmed', epoch });
  context.set({ failedQueries: 0, statusQueryAt: context.monotonicMs + LIMITS.confirmedStatusMinMs });
  return { kind: 'confirmed', epoch };
}

function confirmAgain(
  context: TakerContext,
  epoch: number,
  approval: OfferApproved,
  auth: Signature | undefined,
): Answer {
  const confirmed = context.state.epoch ?? 0;
  if (epoch === confirmed) return { kind: 'confirmed', epoch };
  if (epoch < confirmed) return stale(epoch);
  // A later reservation for us means that the earlier one has ended.
  context.record({ type: 'released', at: context.wallMs, epoch: confirmed });
  return confirm(context, epoch, approval, auth);
}

function stale(epoch: number): Answer {
  return refusal('ERR_STALE_EPOCH', `reservation ${epoch} is over`);
}

export function onReleased(context: TakerContext, { epoch }: OfferReleased): Answer {
  const { phase, epoch: confirmed, epochFloor } = context.state;
  // A delayed release of an earlier reservation says nothing about a later one.
  const isOvertaken = epoch <= epochFloor || (confirmed !== null && epoch < confirmed);
  // A taker that has stopped can accept again, and must not confirm this reservation then.
  const isOver = isTakerFinished(context.state) && !hasStopped(phase);
  if (isOver || isOvertaken) return { kind: 'acknowledged' };
  if (phase === 'confirmed' && confirmed !== null) loseHold(context, confirmed);
  else if (phase === 'queued') acceptAgain(context);
  context.set({ epochFloor: epoch });
  return { kind: 'acknowledged' };
}

/** Our reservation has ended. We accept again, at the end of the queue. */
export function loseHold(context: TakerContext, epoch: number): void {
  context.record({ type: 'released', at: context.wallMs, epoch });
  context.notice({ event: 'award.lost_hold', epoch });
  restartAttempts(context);
}
