/** Sends our acceptance until the maker has it, or gives up after a number of attempts. */
import { bidOf } from './acceptance.ts';
import type { ErrorCode } from './errors.ts';
import type { Decimal } from './ids.ts';
import { LIMITS } from './limits.ts';
import type { SendResult } from './messages.ts';
import type { LossReason } from './records.ts';
import type { Correlation } from './step.ts';
import { partiesOf, queuedWaitMs, retryWaitMs, sendToMaker, type TakerContext } from './taker-context.ts';
import { giveUp, lose } from './taker-outcome.ts';

/** The refusals that end an acceptance. After any other code it is sent again. */
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
  // Not ERR_SIGNATURE: our signatures are valid, so the refusal was for a message that another program sent in our
  // name.
};

export function recordAcceptance(context: TakerContext, bid: Decimal | undefined): void {
  const { terms, dialect, auth } = context.state;
  const proof = auth === undefined ? {} : { auth };
  context.record({ type: 'accepting', at: context.wallMs, terms, dialect, ...bidOf({ unitPrice: bid }), ...proof });
  restartAttempts(context);
}

/** Our acceptance is no longer in the maker's queue. */
export function acceptAgain(context: TakerContext): void {
  context.move({ type: 'unqueued' });
  restartAttempts(context);
}

/** Starts a new round of attempts. Results of earlier rounds are ignored. */
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
    { cmd: 'offer:accept', ...partiesOf(context), ...bidOf(context.state) },
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
  // It was withdrawn while it was in flight.
  else if (phase === 'withdrawn' && isAcceptanceInFlight && result.kind !== 'refused' && result.kind !== 'unsent') {
    sendWithdrawal(context);
  }
}

function onAnswer(context: TakerContext, result: SendResult): void {
  if (result.kind === 'queued' || result.kind === 'accepted') {
    onQueued(context, result.kind === 'queued' ? result.position : 0);
  } else if (result.kind === 'declined' && context.state.dialect === 'original') {
    lose(context, 'taken');
  } else {
    const code = 'code' in result ? result.code : 'ERR_ANSWER_INVALID';
    const loss = result.kind === 'refused' ? LOSS_BY_CODE[code] : undefined;
    if (loss === undefined) retry(context, code, result.kind === 'refused' ? 'refused' : 'unreachable');
    else lose(context, loss);
  }
}

function onQueued(context: TakerContext, position: number): void {
  context.move({ type: 'queued' });
  context.set({ failedQueries: 0, statusQueryAt: context.monotonicMs + queuedWaitMs(context, 1) });
  context.notice({ event: 'acceptance.queued', taker: context.self, position });
}

/** @param loss the reason if this was the last attempt */
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

/** Sent once. If it is lost, the maker sends an approval, and we refuse it. */
export function sendWithdrawal(context: TakerContext): void {
  if (context.state.dialect === 'original') return;
  sendToMaker(context, { cmd: 'offer:accept:withdrawn', ...partiesOf(context) }, { what: 'hint' });
}
