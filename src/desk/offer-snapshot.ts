/** An offer as a program or a person sees it at one moment. */
import type { Report } from '../protocol/deal-reports.ts';
import type { Decimal, OfferId, PeerId } from '../protocol/ids.ts';
import type { MakerState } from '../protocol/maker-state.ts';
import type { MakerPhase, TakerPhase } from '../protocol/lifecycle.ts';
import type { AwardPolicy, OfferTerms } from '../protocol/messages.ts';
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

/** How one is chosen among those that accept, and who may accept. The same on both sides. */
interface Offered {
  readonly award: AwardPolicy;
  /** With `best`: when the best is chosen, milliseconds since 1970 on the maker's clock; else null. */
  readonly windowEndsAt: number | null;
  /** The desks that may have it; null: everybody. */
  readonly to: readonly PeerId[] | null;
  /** What is agreed, or would be if it were awarded now: the bid, else the maker's price; null where there is neither. */
  readonly agreedUnitPrice: Decimal | null;
  /** What we have reported about the deal; null: nothing. */
  readonly ownReport: Report | null;
  /** What the other side has reported about it. */
  readonly otherReport: Report | null;
}

/** An offer of ours. */
export interface OwnOffer extends Offered {
  readonly role: 'maker';
  readonly terms: OfferTerms;
  readonly phase: MakerPhase;
  readonly acceptancesWaiting: number;
  /** Those who wait, in the order of their arrival. */
  readonly acceptances: readonly AcceptanceSnapshot[];
  /** The taker that has the reservation or the award. */
  readonly taker: string | null;
  /** At which price, where that is not ours. */
  readonly unitPrice: Decimal | null;
  /** An approval that counts as the deal may have been received: an operator can `resolve` it. */
  readonly inDoubt: boolean;
  /** False: the taker is taken at its word. */
  readonly verified: boolean;
  /** Its winner did not report within `terms.doneWithinMs`. */
  readonly isOverdue: boolean;
  /** How often it is offered in all, where it is offered anew when it fails; else null. */
  readonly attemptsMax: number | null;
  /** The offer that was made in its place; null: none. */
  readonly renewedAs: OfferId | null;
}

/** An offer of somebody else. */
export interface TakenOffer extends Offered {
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
}

export type OfferSnapshot = OwnOffer | TakenOffer;

export function snapshotOfOwn(state: MakerState): OwnOffer {
  const { terms, phase, queue, reservation, award, isOverdue, renewedAs } = state;
  const chosen = award ?? reservation;
  return {
    role: 'maker',
    terms,
    phase,
    acceptancesWaiting: queue.length,
    acceptances: [...queue].map(({ taker, unitPrice }) => ({
      taker: taker.id,
      unitPrice: unitPrice ?? null,
      verified: taker.verified === true,
    })),
    taker: chosen?.taker.id ?? null,
    unitPrice: chosen?.unitPrice ?? null,
    ...offered(state, chosen?.unitPrice),
    inDoubt: reservation?.inDoubt ?? false,
    verified: chosen === null || chosen.taker.verified === true,
    isOverdue,
    attemptsMax: state.plan.ifFailed?.attemptsMax ?? null,
    renewedAs,
  };
}

export function snapshotOfOther(state: TakerState, neighbours: Pick<Neighbours, 'sighting'>): TakenOffer {
  const { terms, phase, reason, unitPrice = null, auth } = state;
  const { makerSeenAt, isStale } = neighbours.sighting(terms.maker, state.seenAt);
  return {
    role: 'taker',
    terms,
    phase,
    reason,
    unitPrice,
    ...offered(state, unitPrice),
    inDoubt: phase === 'confirmed',
    verified: auth !== undefined,
    makerSeenAt,
    isStale: isStale && !takerFinished(state),
  };
}

function offered({ terms, reports }: MakerState | TakerState, bid: Decimal | null | undefined): Offered {
  const { award = 'first', windowMs, issuedAt, to, unitPrice } = terms;
  return {
    award,
    windowEndsAt: windowMs === undefined || issuedAt === null ? null : issuedAt + windowMs,
    to: to ?? null,
    agreedUnitPrice: bid ?? unitPrice,
    ownReport: reports.own,
    otherReport: reports.other,
  };
}
