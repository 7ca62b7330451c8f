/** Getting an acceptance to the maker: it is sent until the maker has it, and given up after a number of attempts. */
import { bidOf } from './acceptance.ts';
import type { ErrorCode } from './errors.ts';
import type { Decimal } from './ids.ts';
import { LIMITS } from './limits.ts';
import type { SendResult } from './messages.ts';
import type { LossReason } from './records.ts';
import type { Correlation } from './step.ts';
import { namesOf, queuedWaitMs, retryWaitMs, sendToMaker, type TakerContext } from './taker-context.ts';
import { giveUp, lose } from './taker-outcome.ts';

/** What a refused acceptance means; a code that is not here is worth another attempt. */
export const LOSS_BY_CODE: Partial<Record<ErrorCode, LossReason>> = {
  ERR_OFFER_TAKEN: 'taken',
  ERR_OFFER_CANCELLED: 'cancelled',
  ERR_OFFER_EXPIRED: 'expired',
  ERR_OFFER_UNKNOWN: 'unknown-offer',
  ERR_REFUSED: 'refused',
  ERR_INVALID_MESSAGE: 'refused',
  ERR_UNKNOWN_COMMAND: 'refused',
  ERR_CONTRADICTION: 'refused',
  ERR_PRICE_LIMIT: 'refused',
  ERR_NOT_ADDRESSED: 'refused',
  ERR_NOT_ADMITTED: 'refused',
  ERR_UNSIGNED: 'refused',
  // Not ERR_SIGNATURE: what we sign is good, so that it was said of something that somebody else has sent in our name.
};

/** The decision to want it. */
export function recordAcceptance(context: TakerContext, bid: Decimal | undefined): void {
  const { terms, dialect, auth } = context.state;
  const proof = auth === undefined ? {} : { auth };
  context.record({ type: 'accepting', at: context.wallMs, terms, dialect, ...bidOf({ unitPrice: bid }), ...proof });
  restartAttempts(context);
}

/** The maker does not have our acceptance in its queue any more. */
export function acceptAgain(context: TakerContext): void {
  context.move({ type: 'unqueued' });
  restartAttempts(context);
}

/** All attempts anew; the result of an earlier one does not count for them. */
export function restartAttempts(context: TakerContext): void {
  const { state, monotonicMs } = context;
  context.set({ round: state.round + 1, attempt: 0, isAcceptanceInFlight: false, acceptanceAt: monotonicMs });
}

export function sendDueAcceptance(context: TakerContext): void {
  const { phase, isAcceptanceInFlight, acceptanceAt, round } = context.state;
  if (phase !== 'accepting' || isAcceptanceInFlight || context.monotonicMs < acceptanceAt) return;
  const attempt = context.state.attempt + 1;
  context.set({ attempt, isAcceptanceInFlight: true });
  sendToMaker(
    context,
    { cmd: 'offer:accept', ...namesOf(context), ...bidOf(context.state) },
    { what: 'acceptance', round, attempt },
  );
  if (attempt === 1) context.notice({ event: 'acceptance.sent', attempt });
}

export function onAcceptanceResult(
  context: TakerContext,
  of: Extract<Correlation, { what: 'acceptance' }>,
  result: SendResult,
): void {
  const { round, attempt, phase, isAcceptanceInFlight } = context.state;
  if (of.round !== round || of.attempt !== attempt) return;
  context.set({ isAcceptanceInFlight: false });
  // An approval may have overtaken the answer to our acceptance.
  if (phase === 'accepting') onAnswer(context, result);
  // It was withdrawn while it was under way.
  else if (phase === 'withdrawn' && isAcceptanceInFlight && result.kind !== 'refused' && result.kind !== 'unsent') {
    tellWithdrawal(context);
  }
}

function onAnswer(context: TakerContext, result: SendResult): void {
  if (result.kind === 'queued' || result.kind === 'accepted') {
    onQueued(context, result.kind === 'queued' ? result.position : 0);
  } else if (result.kind === 'declined' && context.state.dialect === 'original') {
    lose(context, 'taken', null);
  } else {
    const code = 'code' in result ? result.code : 'ERR_ANSWER_INVALID';
    const loss = result.kind === 'refused' ? LOSS_BY_CODE[code] : undefined;
    if (loss === undefined) retry(context, code, result.kind === 'refused' ? 'refused' : 'unreachable');
    else lose(context, loss, null);
  }
}

function onQueued(context: TakerContext, position: number): void {
  context.move({ type: 'queued' });
  context.set({ unanswered: 0, questionAt: context.monotonicMs + queuedWaitMs(context, 1) });
  context.notice({ event: 'acceptance.queued', taker: context.self, position });
}

/** @param loss what it was when there is no further attempt */
function retry(context: TakerContext, reason: ErrorCode, loss: LossReason): void {
  const { attempt } = context.state;
  if (attempt >= LIMITS.acceptMaxAttempts) {
    giveUp(context, loss);
    return;
  }
  const inMs = retryWaitMs(context, attempt, LIMITS.acceptRetryMinMs, LIMITS.acceptRetryMaxMs);
  context.set({ acceptanceAt: context.monotonicMs + inMs });
  context.notice({ event: 'acceptance.retry', attempt, reason, inMs });
}

/** Once, as a courtesy: a maker that does not get it asks, and is refused. */
export function tellWithdrawal(context: TakerContext): void {
  if (context.state.dialect === 'original') return;
  sendToMaker(context, { cmd: 'offer:accept:withdrawn', ...namesOf(context) }, { what: 'hint' });
}
