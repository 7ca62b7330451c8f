/**
 * The taker's half of the protocol. After a confirmation the taker never decides anything by itself: only the maker's
 * answer, the operator or a restored copy of the journal ends the doubt. Source of every rule: docs/PROTOCOL.md, "The
 * taker".
 */
import type { PeerId } from './ids.ts';
import { refusal, type Answer } from './messages.ts';
import type { TakerRecord } from './records.ts';
import { onReport, onReportResult, report, sendDueReport, type Deal } from './report-steps.ts';
import {
  withoutOffer,
  type Received,
  type ResultInput,
  type StepEnvironment,
  type TakerInput,
  type StepResult,
} from './step.ts';
import { onAcceptanceResult, sendDueAcceptance } from './taker-acceptance.ts';
import { onAnnouncement, onFirstAnnouncement } from './taker-announcement.ts';
import { onApproval, onReleased } from './taker-approval.ts';
import { accept, resolveDoubt, withdraw } from './taker-commands.ts';
import { contradiction, takerContext, type TakerContext } from './taker-context.ts';
import { onDone } from './taker-done.ts';
import { lose, expireIfDue, voidOffer } from './taker-outcome.ts';
import { onStatusResult, sendDueStatusQuery } from './taker-status.ts';
import { makerOf, type TakerState } from './taker-state.ts';

type TakerResult = StepResult<TakerState, TakerRecord>;

/**
 * @param self this desk's id
 * @param env its wall clock is only for validity and for the `at` of records
 */
export function stepTaker(
  state: TakerState | null,
  input: TakerInput,
  env: StepEnvironment,
  self: PeerId,
): TakerResult {
  if (state !== null) return runStep(takerContext(state, env, self), input);
  if (input.kind === 'message' && input.message.cmd === 'offer:new' && input.from.id === input.message.terms.maker) {
    return onFirstAnnouncement({ ...input, message: input.message }, env, self);
  }
  return withoutOffer(refusal('ERR_OFFER_UNKNOWN', 'no such offer here'));
}

function runStep(context: TakerContext, input: TakerInput): TakerResult {
  if (input.kind === 'void') {
    voidOffer(context);
    return context.finish(null);
  }
  const answer = dispatch(context, input);
  expireIfDue(context);
  sendDueAcceptance(context);
  sendDueStatusQuery(context);
  sendDueReport(context, dealOf(context));
  return context.finish(answer);
}

function dispatch(context: TakerContext, input: Exclude<TakerInput, { kind: 'void' }>): Answer | null {
  switch (input.kind) {
    case 'message':
      return onMessage(context, input);
    case 'result':
      onResult(context, input);
      return null;
    case 'accept':
      return accept(context, input.unitPrice);
    case 'withdraw':
      return withdraw(context);
    case 'unlisted':
      // An offer that we have accepted ends only by the maker's answer to us.
      if (context.state.phase === 'seen') lose(context, 'unknown-offer');
      return null;
    case 'resolve':
      return resolveDoubt(context, input.as);
    case 'report':
      return report(context, dealOf(context), input);
    // After the fold all messages are due at once, because none is in flight.
    case 'recover':
    case 'tick':
      return null;
  }
}

function onMessage(context: TakerContext, received: Received): Answer {
  const { from, message, auth } = received;
  if (from.id !== context.state.terms.maker) {
    return contradiction(context, `${message.cmd} from ${from.id}, who is not the maker`);
  }
  switch (message.cmd) {
    case 'offer:new':
      return onAnnouncement(context, message);
    case 'offer:accept:approved':
      return onApproval(context, message, auth);
    case 'offer:accept:released':
      return onReleased(context, message);
    case 'offer:done':
      return onDone(context, message, auth);
    case 'deal:report':
      return onReport(context, dealOf(context), received, message);
    default:
      return contradiction(context, `${message.cmd} for an offer that is not ours`);
  }
}

function onResult(context: TakerContext, { correlation, result }: ResultInput): void {
  if (correlation.what === 'acceptance') onAcceptanceResult(context, correlation, result);
  else if (correlation.what === 'report') onReportResult(context, 'taker', result);
  else if (correlation.what === 'status') onStatusResult(context, result);
}

function dealOf({ state, self }: TakerContext): Deal | null {
  if (state.phase !== 'won') return null;
  return { side: 'taker', taker: self, partner: makerOf(state), isOverdue: false };
}
