/** The acceptances that wait for an offer: who may wait, who gives way when too many do, and who takes its acceptance back. */
import type { Acceptance } from './acceptance.ts';
import { nextEpoch } from './epochs.ts';
import type { MakerContext } from './maker-context.ts';
import { shortenHold } from './maker-reservation.ts';
import { queueIndex } from './maker-state.ts';
import { overRefusal } from './maker-status.ts';
import { refusal, type Answer, type Peer, type Refusal } from './messages.ts';
import { isWithinLimit } from './price.ts';

/** @returns `waits`: it is in the queue, or has its turn already; its place is known at the end of the step */
export function onAcceptance(context: MakerContext, acceptance: Acceptance): Answer | 'waits' {
  const { id: taker } = acceptance.taker;
  const { phase, award, reservation } = context.state;
  // The same acceptance again gets the same answer, however often the network repeats it.
  if (award?.taker.id === taker) return 'waits';
  if (phase !== 'open' && phase !== 'reserved') return overRefusal(phase);
  if (reservation?.taker.id === taker) return 'waits';
  const refused = refusalFor(context, acceptance);
  if (refused !== null) return refused;
  return queueIndex(context.state, taker) === -1 ? enqueue(context, withPriorityOnce(context, acceptance)) : 'waits';
}

/** Why this acceptance is not welcome while the offer is there; null: it is. */
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

/** A taker that we know comes before strangers, once for an offer. */
function withPriorityOnce({ state }: MakerContext, { isKnown, ...acceptance }: Acceptance): Acceptance {
  return isKnown === true && !state.hadTurn.includes(acceptance.taker.id) ? { ...acceptance, isKnown } : acceptance;
}

/** At the end of the queue, if there is room or somebody gives way. */
function enqueue(context: MakerContext, acceptance: Acceptance): Answer | 'waits' {
  if (acceptance.isKnown !== true) context.set({ strangersAsked: context.state.strangersAsked + 1 });
  const { queueMax } = context.state;
  const queue = withRoomFor(context, acceptance);
  if (queue === null) return refusal('ERR_QUEUE_FULL', `${queueMax} acceptances are waiting already`);
  context.set({ queue: [...queue, acceptance] });
  shortenHold(context);
  context.notice({ event: 'acceptance.queued', taker: acceptance.taker.id, position: queue.length + 1 });
  return 'waits';
}

/**
 * In a full queue one stranger gives way, always to a taker that we know. To another stranger it does so that of all
 * strangers that ever asked each is as likely to wait (reservoir sampling): coming early with many keys gains nothing. The taker
 * that gave way learns it by asking.
 * @returns null: nobody gives way
 */
function withRoomFor({ state, draw }: MakerContext, { isKnown }: Acceptance): readonly Acceptance[] | null {
  const { queue, queueMax, strangersAsked } = state;
  if (queue.length < queueMax) return queue;
  const strangers = [...queue.entries()].flatMap(([index, waiting]) => (waiting.isKnown === true ? [] : [index]));
  if (strangers.length === 0) return null;
  // The highest number stands for the newcomer.
  const place = isKnown === true ? draw(strangers.length) : strangersAsked - 1 - draw(strangersAsked);
  const index = strangers[place];
  return index === undefined ? null : queue.toSpliced(index, 1);
}

/**
 * Only of what waits: the taker that the offer is held for answers the approval, and may have confirmed before its withdrawal
 * arrives, if that one is an old one.
 */
export function onWithdrawal(context: MakerContext, { id: taker, dialect }: Peer): Answer {
  if (dialect === 'original') return refusal('ERR_UNSIGNED', 'nobody has proven that it is the one who accepted');
  const index = queueIndex(context.state, taker);
  if (index !== -1) {
    context.set({ queue: context.state.queue.toSpliced(index, 1) });
    context.notice({ event: 'acceptance.withdrawn', taker });
  }
  return { kind: 'acknowledged' };
}
