/** The queue of acceptances of an offer: admission, replacement when the queue is full, and withdrawals. */
import type { Acceptance } from './acceptance.ts';
import { nextEpoch } from './epochs.ts';
import { isUndecided } from './lifecycle.ts';
import type { MakerContext } from './maker-context.ts';
import { shortenHold } from './maker-reservation.ts';
import { queueIndex } from './maker-state.ts';
import { endedRefusal } from './maker-status.ts';
import { refusal, type Answer, type Peer, type Refusal } from './messages.ts';
import { isWithinLimit } from './price.ts';

/**
 * @returns `answerWithPosition` if the taker is in the queue, is reserved, or has won (position 0). The position is
 * known at the end of the step.
 */
export function onAcceptance(context: MakerContext, acceptance: Acceptance): Answer | 'answerWithPosition' {
  const { id: taker } = acceptance.taker;
  const { phase, award, reservation } = context.state;
  // A repeated acceptance gets the same answer.
  if (award?.taker.id === taker) return 'answerWithPosition';
  if (!isUndecided(phase)) return endedRefusal(phase);
  if (reservation?.taker.id === taker) return 'answerWithPosition';
  const refused = refusalFor(context, acceptance);
  if (refused !== null) return refused;
  return queueIndex(context.state, taker) === -1
    ? enqueue(context, withPriorityOnce(context, acceptance))
    : 'answerWithPosition';
}

/** The reason to refuse this acceptance of an undecided offer; null if there is none. */
function refusalFor({ state, life }: MakerContext, { taker, unitPrice }: Acceptance): Refusal | null {
  const { terms, plan, epoch } = state;
  const isExcluded = plan.excluded?.includes(taker.id) === true;
  if (isExcluded || terms.to?.includes(taker.id) === false) {
    return refusal('ERR_NOT_ADDRESSED', 'this offer is for others');
  }
  if (!isWithinLimit(terms, unitPrice)) return refusal('ERR_PRICE_LIMIT', `the limit is ${terms.unitPrice ?? ''}`);
  if (nextEpoch(epoch, life) !== null) return null;
  return refusal('ERR_OVERLOADED', 'this offer has been held as often as it can be before this desk starts again');
}

/** A known taker comes before strangers, once per offer. */
function withPriorityOnce({ state }: MakerContext, { isKnown, ...acceptance }: Acceptance): Acceptance {
  return isKnown === true && !state.hadTurn.includes(acceptance.taker.id) ? { ...acceptance, isKnown } : acceptance;
}

/** Adds an acceptance at the end of the queue, if there is room or another one is replaced. */
function enqueue(context: MakerContext, acceptance: Acceptance): Answer | 'answerWithPosition' {
  if (acceptance.isKnown !== true) context.set({ strangerAcceptances: context.state.strangerAcceptances + 1 });
  const { queueMax } = context.state;
  const queue = withRoomFor(context, acceptance);
  if (queue === null) return refusal('ERR_QUEUE_FULL', `${queueMax} acceptances are waiting already`);
  context.set({ queue: [...queue, acceptance] });
  shortenHold(context);
  // Counted from 1, and before the next reservation of this step.
  context.notice({ event: 'acceptance.queued', taker: acceptance.taker.id, position: queue.length + 1 });
  return 'answerWithPosition';
}

/**
 * In a full queue a known taker always replaces a stranger. A stranger replaces another one by reservoir sampling:
 * every stranger that ever accepted is equally likely to be in the queue, so accepting early with many keys gains
 * nothing. The replaced taker learns it when it asks for the status.
 * @returns the queue with room for one more; null if no acceptance is replaced
 */
function withRoomFor({ state, draw }: MakerContext, { isKnown }: Acceptance): readonly Acceptance[] | null {
  const { queue, queueMax, strangerAcceptances } = state;
  if (queue.length < queueMax) return queue;
  const strangers = [...queue.entries()].flatMap(([index, waiting]) => (waiting.isKnown === true ? [] : [index]));
  if (strangers.length === 0) return null;
  // A place beyond the strangers in the queue refuses the new one. Counted from the end, so that a draw of 0 refuses
  // it.
  const place = isKnown === true ? draw(strangers.length) : strangerAcceptances - 1 - draw(strangerAcceptances);
  const index = strangers[place];
  return index === undefined ? null : queue.toSpliced(index, 1);
}

/**
 * Removes only a waiting taker. A delayed withdrawal may arrive after the taker has accepted again and confirmed, so it
 * must not end a reservation.
 */
export function onWithdrawal(context: MakerContext, { id: taker, dialect }: Peer): Answer {
  if (dialect === 'original')
    return refusal('ERR_UNSIGNED', 'a withdrawal needs a signature or MAC of the taker that accepted');
  const index = queueIndex(context.state, taker);
  if (index !== -1) {
    context.set({ queue: context.state.queue.toSpliced(index, 1) });
    context.notice({ event: 'acceptance.withdrawn', taker });
  }
  return { kind: 'acknowledged' };
}
