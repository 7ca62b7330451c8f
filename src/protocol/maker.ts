/**
 * The maker's half of the protocol: presumed-abort two-phase commit with one participant at a time. Only this half
 * awards an offer. Source of every rule: docs/PROTOCOL.md, "The maker".
 *
 * Every step of an existing offer, except `void`, first handles the deadlines that have passed (validity, hold, overdue
 * report), then the input; then it reserves for the next acceptance and sends what is due. So a confirmation that is
 * processed after the end of its hold is always late.
 */
import { acceptanceOf } from './acceptance.ts';
import { sendDueApproval } from './maker-approval.ts';
import { announce, announceIfDue } from './maker-broadcasts.ts';
import { cancel, chooseTaker, markRenewed, resolveDoubt } from './maker-commands.ts';
import { onApprovalResult } from './maker-confirmation.ts';
import { makerContext, newOfferContext, type MakerContext } from './maker-context.ts';
import { onDeliveryResult, sendDueDelivery, expireIfDue, markOverdueIfDue, voidOffer } from './maker-outcome.ts';
import { onAcceptance, onWithdrawal } from './maker-queue.ts';
import { recoverMaker } from './maker-recovery.ts';
import { reserveNext, endHoldIfDue } from './maker-reservation.ts';
import { queueIndex, type MakerState } from './maker-state.ts';
import { endedRefusal, statusFor } from './maker-status.ts';
import { refusal, type Answer, type Peer } from './messages.ts';
import type { MakerRecord } from './records.ts';
import { onReport, onReportResult, report, sendDueReport, type Deal } from './report-steps.ts';
import {
  withoutOffer,
  type MakerInput,
  type Received,
  type ResultInput,
  type StepEnvironment,
  type StepResult,
} from './step.ts';

type MakerResult = StepResult<MakerState, MakerRecord>;
type OpenInput = Extract<MakerInput, { kind: 'open' }>;

/** @param env its wall clock decides whether the offer is still valid */
export function stepMaker(state: MakerState | null, input: MakerInput, env: StepEnvironment): MakerResult {
  if (state === null) {
    return input.kind === 'open' ? open(input, env) : withoutOffer(refusal('ERR_OFFER_UNKNOWN', 'no such offer here'));
  }
  const context = makerContext(state, env);
  if (input.kind === 'open') return context.finish(refusal('ERR_WRONG_STATE', 'this offer exists already'));
  return runStep(context, input);
}

function open({ terms, plan }: OpenInput, env: StepEnvironment): MakerResult {
  const context = newOfferContext({ type: 'opened', at: env.wallMs, terms, ...(plan !== undefined && { plan }) }, env);
  context.notice({ event: 'offer.opened', terms });
  context.set({ windowEndsAt: context.monotonicMs + (terms.windowMs ?? 0) });
  announce(context, false);
  return context.finish({ kind: 'acknowledged' });
}

function runStep(context: MakerContext, input: Exclude<MakerInput, OpenInput>): MakerResult {
  if (input.kind === 'void') {
    voidOffer(context);
    return context.finish(null);
  }
  if (input.kind === 'recover') recoverMaker(context);
  expireIfDue(context);
  endHoldIfDue(context);
  markOverdueIfDue(context);
  const answer = dispatch(context, input);
  // The input may have released an approval that could not expire (`isRevocable`).
  expireIfDue(context);
  reserveNext(context);
  sendWhatIsDue(context);
  if (typeof answer !== 'string') return context.finish(answer);
  // Only now is it known whether this taker waits or is reserved. Only a message has a deferred answer.
  return context.finish(input.kind === 'message' ? answerAtTheEnd(context, answer, input.from) : null);
}

/** Answers that are made from the state at the end of the step: the position in the queue, or the status. */
type DeferredAnswer = 'answerWithPosition' | 'answerWithStatus';

function dispatch(
  context: MakerContext,
  input: Exclude<MakerInput, { kind: 'open' | 'void' }>,
): Answer | DeferredAnswer | null {
  switch (input.kind) {
    case 'message':
      return onMessage(context, input);
    case 'result':
      onResult(context, input);
      return null;
    case 'cancel':
      return cancel(context, input.renewForMs);
    case 'choose':
      return chooseTaker(context, input.taker);
    case 'resolve':
      return resolveDoubt(context, input.as);
    case 'report':
      return report(context, dealOf(context), input);
    case 'renewed':
      return markRenewed(context, input.as);
    case 'recover':
    case 'tick':
      return null;
  }
}

function onMessage(context: MakerContext, received: Received): Answer | DeferredAnswer {
  const { from, message } = received;
  if (from.id === context.self) return refusal('ERR_CONTRADICTION', 'this offer is your own');
  switch (message.cmd) {
    case 'offer:status':
      return 'answerWithStatus';
    case 'deal:report':
      return onReport(context, dealOf(context), received, message);
    case 'offer:accept':
      return onAcceptance(context, acceptanceOf(received, message));
    case 'offer:accept:withdrawn':
      return onWithdrawal(context, from);
    default:
      context.notice({ event: 'peer.contradiction', text: `${message.cmd} for an offer of ours from ${from.id}` });
      return refusal('ERR_CONTRADICTION', 'only the maker of an offer may say that');
  }
}

function answerAtTheEnd({ state, life }: MakerContext, what: DeferredAnswer, { id }: Peer): Answer {
  // A taker that is not in the queue is reserved or has won (see `onAcceptance`): position 0.
  if (what === 'answerWithPosition') return { kind: 'queued', position: queueIndex(state, id) + 1 };
  return statusFor(state, id, life) ?? endedRefusal('voided');
}

function onResult(context: MakerContext, { to, correlation, result }: ResultInput): void {
  if (correlation.what === 'approval') onApprovalResult(context, to, correlation.epoch, result);
  else if (correlation.what === 'delivery') onDeliveryResult(context, to, result);
  else if (correlation.what === 'report') onReportResult(context, 'maker', result);
}

function sendWhatIsDue(context: MakerContext): void {
  sendDueApproval(context);
  sendDueDelivery(context);
  announceIfDue(context);
  sendDueReport(context, dealOf(context));
}

function dealOf({ state }: MakerContext): Deal | null {
  const { award, isOverdue } = state;
  return award && { side: 'maker', taker: award.taker.id, partner: award.taker, isOverdue };
}
