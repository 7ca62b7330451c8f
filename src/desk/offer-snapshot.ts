/** An offer as a program or a person sees it at one moment. */
import type { Decimal, PeerId } from '../protocol/ids.ts';
import type { MakerState } from '../protocol/maker-state.ts';
import type { MakerPhase, TakerPhase } from '../protocol/lifecycle.ts';
import type { OfferTerms } from '../protocol/messages.ts';
import type { LossReason } from '../protocol/records.ts';
import { takerFinished, type TakerState } from '../protocol/taker-state.ts';
import type { Neighbours } from './neighbours.ts';

export interface AcceptanceSnapshot {
  readonly taker: PeerId;
  /** Its bid; null: our price. */
  readonly unitPrice: Decimal | null;
  /** False: it has not signed it, or nobody has looked at its signature yet. */
  readonly verified: boolean;
}

export type OfferSnapshot =
  | {
      readonly role: 'maker';
      readonly terms: OfferTerms;
      readonly phase: MakerPhase;
      readonly acceptancesWaiting: number;
      /** Those who wait, in the order of their arrival. */
      readonly acceptances: readonly AcceptanceSnapshot[];
      /** Whom it is held for at the moment, or whom it was awarded to. */
      readonly taker: string | null;
      /** At which price, where that is not ours. */
      readonly unitPrice: Decimal | null;
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
      /** Our bid, where we made one. */
      readonly unitPrice: Decimal | null;
      /** Confirmed, and the maker's decision is not known yet. */
      readonly inDoubt: boolean;
      /** False: the maker is taken at its word. */
      readonly verified: boolean;
      /** When the maker was last heard of: milliseconds since 1970; when we heard of the offer, where it was not since. */
      readonly makerSeenAt: number;
      /** Not over, and its maker may be gone: not heard of for some minutes, or it did not answer us. */
      readonly isStale: boolean;
    };

export function snapshotOfOwn(state: MakerState): OfferSnapshot {
  const { terms, phase, queue, reservation, award } = state;
  const chosen = award ?? reservation;
  return {
    role: 'maker',
    terms,
    phase,
    acceptancesWaiting: queue.size,
    acceptances: [...queue].map(({ taker, unitPrice }) => ({
      taker: taker.id,
      unitPrice: unitPrice ?? null,
      verified: taker.verified === true,
    })),
    taker: chosen?.taker.id ?? null,
    unitPrice: chosen?.unitPrice ?? null,
    inDoubt: reservation?.inDoubt ?? false,
    verified: chosen === null || chosen.taker.verified === true,
  };
}

export function snapshotOfOther(state: TakerState, neighbours: Pick<Neighbours, 'sighting'>): OfferSnapshot {
  const { terms, phase, reason, unitPrice = null, auth } = state;
  const { makerSeenAt, isStale } = neighbours.sighting(terms.maker, state.seenAt);
  return {
    role: 'taker',
    terms,
    phase,
    reason,
    unitPrice,
    inDoubt: phase === 'confirmed',
    verified: auth !== undefined,
    makerSeenAt,
    isStale: isStale && !takerFinished(state),
  };
}
