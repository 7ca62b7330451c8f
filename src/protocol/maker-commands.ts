/** The commands of the maker's operator or program. */
import type { OfferId, PeerId } from './ids.ts';
import { isUndecided } from './lifecycle.ts';
import type { MakerContext } from './maker-context.ts';
import { awardOffer, cancelOffer } from './maker-outcome.ts';
import { release } from './maker-reservation.ts';
import { isRevocable, queueIndex } from './maker-state.ts';
import { endedRefusal } from './maker-status.ts';
import { refusal, type Answer } from './messages.ts';

export function cancel(context: MakerContext, renewForMs?: number): Answer {
  const { phase } = context.state;
  if (phase === 'cancelled') return { kind: 'acknowledged' };
  if (phase === 'awarded' || phase === 'expired' || phase === 'voided') return endedRefusal(phase);
  if (!isRevocable(context.state)) {
    return refusal('ERR_OFFER_IN_DOUBT', 'an approval that counts as the deal is out; it must be answered or resolved');
  }
  cancelOffer(context, renewForMs);
  return { kind: 'acknowledged' };
}

/** With the policy `manual`: chooses the taker among those that wait. */
export function chooseTaker(context: MakerContext, taker: PeerId): Answer {
  const { phase, award, reservation, terms } = context.state;
  if (award?.taker.id === taker || reservation?.taker.id === taker) return { kind: 'acknowledged' };
  if (!isUndecided(phase)) return endedRefusal(phase);
  if (terms.award !== 'manual') return refusal('ERR_WRONG_STATE', 'this offer is not awarded by hand');
  if (reservation !== null) {
    return refusal('ERR_WRONG_STATE', `the offer is held for ${reservation.taker.id} at the moment`);
  }
  if (queueIndex(context.state, taker) === -1) return refusal('ERR_WRONG_STATE', `${taker} has not accepted it`);
  context.set({ chosen: taker });
  return { kind: 'acknowledged' };
}

/** Resolves an approval in doubt by hand. */
export function resolveDoubt(context: MakerContext, as: 'awarded' | 'released'): Answer {
  const { reservation } = context.state;
  if (reservation?.inDoubt !== true) return refusal('ERR_WRONG_STATE', 'nothing is in doubt here');
  if (as === 'awarded') awardOffer(context, reservation, true);
  else release(context, reservation, 'byHand');
  return { kind: 'acknowledged' };
}

/** Records that a new offer has replaced this one, durably. */
export function markRenewed(context: MakerContext, as: OfferId): Answer {
  const { phase, renewedAs } = context.state;
  // Its deal had failed when the new offer was made. The maker may have reported it as done since, so that is not checked again.
  if (renewedAs !== null || isUndecided(phase) || phase === 'voided') {
    return refusal('ERR_WRONG_STATE', 'it is not to be renewed');
  }
  context.record({ type: 'renewed', at: context.wallMs, as });
  return { kind: 'acknowledged' };
}
