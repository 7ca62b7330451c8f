/** An offer as a program or a person sees it at one moment. */
import type { MakerState } from '../protocol/maker-state.ts';
import type { MakerPhase, TakerPhase } from '../protocol/lifecycle.ts';
import type { OfferTerms } from '../protocol/messages.ts';
import type { LossReason } from '../protocol/records.ts';
import type { TakerState } from '../protocol/taker-state.ts';

export type OfferSnapshot =
  | {
      readonly role: 'maker';
      readonly terms: OfferTerms;
      readonly phase: MakerPhase;
      readonly acceptancesWaiting: number;
      /** Whom it is held for at the moment, or whom it was awarded to. */
      readonly taker: string | null;
      /** An approval that counts as the deal may have been received: an operator can `resolve` it. */
      readonly inDoubt: boolean;
      /** False: the taker is taken at its word. */
      readonly verified: boolean;
    }
  | {
      readonly role: 'taker';
      readonly terms: OfferTerms;
      readonly phase: TakerPhase;
      /** Why it was lost or given up. */
      readonly reason: LossReason | null;
      /** Confirmed, and the maker's decision is not known yet. */
      readonly inDoubt: boolean;
      /** False: the maker is taken at its word. */
      readonly verified: boolean;
    };

export function snapshotOfOwn(state: MakerState): OfferSnapshot {
  const { terms, phase, queue, reservation, award } = state;
  return {
    role: 'maker',
    terms,
    phase,
    acceptancesWaiting: queue.size,
    taker: award?.taker.id ?? reservation?.taker.id ?? null,
    inDoubt: reservation?.inDoubt ?? false,
    verified: false,
  };
}

export function snapshotOfOther(state: TakerState): OfferSnapshot {
  const { terms, phase, reason } = state;
  return { role: 'taker', terms, phase, reason, inDoubt: phase === 'confirmed', verified: false };
}
