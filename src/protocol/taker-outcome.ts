/** How an offer ends for a taker: won, lost, given up, or unknown for ever. */
import { bidOf } from './acceptance.ts';
import { hasStopped, isFinal, TAKER_LIFECYCLE, type TakerPhase } from './lifecycle.ts';
import { LIMITS } from './limits.ts';
import type { Answer, Auth, Outcome } from './messages.ts';
import type { LossReason } from './records.ts';
import type { TakerContext } from './taker-context.ts';
import { validityEndsAt } from './taker-state.ts';

/** @param by what told us */
export function win(context: TakerContext, epoch: number, by: 'done' | 'status', auth: Auth | undefined): Answer {
  const proof = auth === undefined ? {} : { by, auth };
  context.record({ type: 'won', at: context.wallMs, epoch, ...proof });
  context.notice({ event: 'deal.won', epoch, ...bidOf(context.state) });
  return { kind: 'acknowledged' };
}

/** @param outcome how the offer ended as far as we were told, for those who took no part in it */
export function lose(context: TakerContext, reason: LossReason, outcome: Outcome | null): void {
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

/** The end of the validity ends what was not confirmed. After a confirmation it decides nothing: the maker's word does. */
export function settleValidity(context: TakerContext): void {
  if (context.wallMs < validityEndsAt(context.state)) return;
  const { phase, dialect, unanswered } = context.state;
  if (phase === 'seen') lose(context, 'expired', 'expired');
  else if (phase === 'accepting') giveUp(context, 'expired');
  else if (phase === 'queued') {
    const isSilent = dialect === 'original' || unanswered >= LIMITS.statusMaxAttemptsAfterExpiry;
    if (isSilent) giveUp(context, 'no-answer');
  }
}

/** In a restored copy: whether we confirmed since, accepted anew, withdrew or won has been forgotten. */
export function voidOffer(context: TakerContext): void {
  const { phase } = context.state;
  const isOpen = hasStopped(phase)
    ? context.wallMs < validityEndsAt(context.state)
    : !isFinal<TakerPhase>(TAKER_LIFECYCLE, phase);
  if (!isOpen) return;
  context.record({ type: 'voided', at: context.wallMs });
  context.notice({ event: 'offer.voided' });
}
