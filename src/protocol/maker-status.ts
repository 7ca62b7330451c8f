/** The maker's answers to a taker: the status of an offer, and the refusal after its end. */
import { bidOf } from './acceptance.ts';
import { epochBase } from './epochs.ts';
import type { PeerId } from './ids.ts';
import { queueIndex, type MakerState } from './maker-state.ts';
import { refusal, type Answer, type Outcome, type Standing, type StatusAnswer } from './messages.ts';

/**
 * The answer to `offer:status`; null for a voided offer, whose outcome is not known. For a taker without a reservation
 * or award the epoch is at least the base of this life: if a crash lost its reservation, the taker learns it from that.
 */
export function statusFor(state: MakerState, taker: PeerId, life: number): StatusAnswer | null {
  const { phase, epoch, award } = state;
  if (phase === 'voided') return null;
  const standing = standingOf(state, taker);
  // The maker has signed the epoch of an award.
  const isCurrent = standing === 'reserved' || phase === 'awarded';
  const decision = award === null ? {} : { winner: award.taker.id, ...bidOf(award) };
  return { kind: 'status', phase, standing, epoch: isCurrent ? epoch : Math.max(epoch, epochBase(life)), ...decision };
}

function standingOf(state: MakerState, taker: PeerId): Standing {
  if (state.phase === 'awarded') return state.award?.taker.id === taker ? 'won' : 'lost';
  if (state.phase === 'cancelled' || state.phase === 'expired') return 'lost';
  if (state.reservation?.taker.id === taker) return 'reserved';
  return queueIndex(state, taker) === -1 ? 'none' : 'queued';
}

export function endedRefusal(phase: Outcome | 'voided'): Answer {
  switch (phase) {
    case 'awarded':
      return refusal('ERR_OFFER_TAKEN', 'the offer has been awarded');
    case 'cancelled':
      return refusal('ERR_OFFER_CANCELLED', 'the offer has been cancelled');
    case 'expired':
      return refusal('ERR_OFFER_EXPIRED', 'the offer has expired');
    case 'voided':
      return refusal('ERR_OFFER_UNKNOWN', 'this desk was restored from a copy and does not know how the offer ended');
  }
}
