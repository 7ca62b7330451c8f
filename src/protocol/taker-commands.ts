/** The commands of the taker's operator or program. */
import type { ErrorCode } from './errors.ts';
import type { Decimal } from './ids.ts';
import { hasStopped } from './lifecycle.ts';
import { refusal, type Answer } from './messages.ts';
import { isWithinLimit } from './price.ts';
import { LOSS_BY_CODE, sendWithdrawal, recordAcceptance } from './taker-acceptance.ts';
import type { TakerContext } from './taker-context.ts';
import { expireIfDue } from './taker-outcome.ts';
import { isTakerFinished, validityEndsAt } from './taker-state.ts';

export function accept(context: TakerContext, unitPrice: Decimal | undefined): Answer {
  // So that an expired offer is not accepted.
  if (context.state.phase === 'seen') expireIfDue(context);
  const { phase, terms } = context.state;
  const bid = unitPrice === terms.unitPrice ? undefined : unitPrice;
  if (phase === 'seen' || hasStopped(phase)) {
    if (context.wallMs >= validityEndsAt(context.state)) {
      return refusal('ERR_OFFER_EXPIRED', 'the offer is over by now');
    }
    if (!isWithinLimit(terms, bid)) return refusal('ERR_PRICE_LIMIT', `the maker's limit is ${terms.unitPrice ?? ''}`);
    recordAcceptance(context, bid);
    return { kind: 'acknowledged' };
  }
  if (isTakerFinished(context.state)) return phase === 'won' ? { kind: 'acknowledged' } : endedRefusal(context);
  if (unitPrice === undefined || bid === context.state.unitPrice) return { kind: 'acknowledged' };
  const price = context.state.unitPrice ?? "the maker's price";
  return refusal('ERR_WRONG_STATE', `it is accepted already, at ${price}`);
}

export function withdraw(context: TakerContext): Answer {
  switch (context.state.phase) {
    case 'withdrawn':
      return { kind: 'acknowledged' };
    case 'accepting':
    case 'queued':
      context.record({ type: 'withdrawn', at: context.wallMs });
      context.notice({ event: 'acceptance.withdrawn' });
      // A withdrawal could overtake an acceptance that is in flight.
      if (!context.state.isAcceptanceInFlight) sendWithdrawal(context);
      return { kind: 'acknowledged' };
    case 'confirmed':
      return refusal('ERR_OFFER_IN_DOUBT', 'too late: confirmed, and only the maker knows whether it was awarded');
    case 'seen':
      return refusal('ERR_WRONG_STATE', 'nothing to withdraw: not accepted');
    case 'gaveUp':
      return refusal('ERR_WRONG_STATE', `nothing to withdraw: ${withReason(context)}`);
    default:
      return endedRefusal(context);
  }
}

/** Resolves a doubt by hand. */
export function resolveDoubt(context: TakerContext, as: 'won' | 'lost'): Answer {
  if (context.state.phase !== 'confirmed') return refusal('ERR_WRONG_STATE', 'nothing is in doubt here');
  context.record({ type: 'closed', at: context.wallMs, as });
  context.notice({ event: 'deal.closed_by_hand', as });
  return { kind: 'acknowledged' };
}

function endedRefusal(context: TakerContext): Answer {
  const { reason } = context.state;
  // Many codes mean `refused`, and we have not stored which one it was.
  const known =
    reason === 'refused' ? undefined : Object.entries(LOSS_BY_CODE).find(([, loss]) => loss === reason)?.[0];
  return refusal((known as ErrorCode | undefined) ?? 'ERR_WRONG_STATE', `this is over: ${withReason(context)}`);
}

function withReason({ state: { phase, reason } }: TakerContext): string {
  return reason === null ? phase : `${phase} (${reason})`;
}
