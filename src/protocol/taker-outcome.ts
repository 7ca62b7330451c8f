/** Ends an offer for the taker: won, lost, given up, or voided. */
import { bidOf } from './acceptance.ts';
import { hasStopped, isFinal, TAKER_LIFECYCLE, type TakerPhase } from './lifecycle.ts';
import { LIMITS } from './limits.ts';
import type { Answer, Outcome, Signature } from './messages.ts';
import type { LossReason } from './records.ts';
import type { TakerContext } from './taker-context.ts';
import { validityEndsAt } from './taker-state.ts';

/** @param by the message that brought the outcome */
export function win(context: TakerContext, epoch: number, by: 'done' | 'status', auth: Signature | undefined): Answer {
  const proof = auth === undefined ? {} : { by, auth };
  context.record({ type: 'won', at: context.wallMs, epoch, ...proof });
  context.notice({ event: 'deal.won', epoch, ...bidOf(context.state) });
  return { kind: 'acknowledged' };
}

/** Ends an offer with the maker's outcome, which is not for us. */
export function loseBy(context: TakerContext, outcome: Outcome): void {
  lose(context, outcome === 'awarded' ? 'taken' : outcome, outcome);
}

/** @param outcome how the offer ended, if we know it; for the notice about an offer that we had not accepted */
export function lose(context: TakerContext, reason: LossReason, outcome: Outcome | null = null): void {
  const { phase } = context.state;
  if (phase === 'seen') context.move({ type: 'gone', reason });
  else context.record({ type: 'lost', at: context.wallMs, reason });
  if (phase === 'seen' || phase === 'gaveUp') context.notice({ event: 'offer.gone', outcome });
  else context.notice({ event: 'deal.lost', reason, gaveUp: false });
}

export function giveUp(context: TakerContext, reason: LossReason): void {
  context.record({ type: 'gaveUp', at: context.wallMs, reason });
  context.notice({ event: 'deal.lost', reason, gaveUp: true });
}

/** Ends an expired offer that is not confirmed. After a confirmation only the maker decides. */
export function expireIfDue(context: TakerContext): void {
  if (context.wallMs < validityEndsAt(context.state)) return;
  const { phase, dialect, failedQueries } = context.state;
  if (phase === 'seen') loseBy(context, 'expired');
  else if (phase === 'accepting') giveUp(context, 'expired');
  else if (phase === 'queued') {
    const isSilent = dialect === 'original' || failedQueries >= LIMITS.statusMaxAttemptsAfterExpiry;
    if (isSilent) giveUp(context, 'no-answer');
  }
}

/**
 * For an offer in a restored copy of the journal, which lacks what we confirmed, accepted, withdrew or won after it was
 * made. Of the offers that we withdrew from or gave up, only those that are still valid are voided.
 */
export function voidOffer(context: TakerContext): void {
  const { phase } = context.state;
  const isOpen = hasStopped(phase)
    ? context.wallMs < validityEndsAt(context.state)
    : !isFinal<TakerPhase>(TAKER_LIFECYCLE, phase);
  if (!isOpen) return;
  context.record({ type: 'voided', at: context.wallMs });
  context.notice({ event: 'offer.voided' });
}
