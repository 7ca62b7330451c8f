/** The state of an offer at one moment, for programs and people. */
import type { Report } from '../protocol/deal-reports.ts';
import type { Decimal, OfferId, PeerId } from '../protocol/ids.ts';
import type { MakerState } from '../protocol/maker-state.ts';
import type { MakerPhase, TakerPhase } from '../protocol/lifecycle.ts';
import type { AwardPolicy, OfferTerms } from '../protocol/messages.ts';
import type { LossReason } from '../protocol/records.ts';
import { isTakerFinished, type TakerState } from '../protocol/taker-state.ts';
import type { Neighbours } from './neighbours.ts';

interface AcceptanceSnapshot {
  readonly taker: PeerId;
  /** Its bid; null: our price. */
  readonly unitPrice: Decimal | null;
  /** False: the taker has not proven its identity. */
  readonly verified: boolean;
}

/** How the taker is chosen, and who may accept. The same for both roles. */
interface Offered {
  readonly award: AwardPolicy;
  /** With `best`: when the choice is made, milliseconds since 1970 on the maker's clock; otherwise null. */
  readonly windowEndsAt: number | null;
  /** The desks that may accept it; null: all. */
  readonly to: readonly PeerId[] | null;
  /** The agreed price, or the price of an award now: the bid, otherwise the maker's price; null if there is neither. */
  readonly agreedUnitPrice: Decimal | null;
  /** Our report on the deal; null: none. */
  readonly ownReport: Report | null;
  /** The other side's report; null: none. */
  readonly otherReport: Report | null;
}

/** One of our offers. */
export interface OwnOffer extends Offered {
  readonly role: 'maker';
  readonly terms: OfferTerms;
  readonly phase: MakerPhase;
  readonly acceptancesWaiting: number;
  /** The acceptances that wait, in the order of their arrival. */
  readonly acceptances: readonly AcceptanceSnapshot[];
  /** The taker with the reservation or the award. */
  readonly taker: string | null;
  /** The agreed price, if it differs from ours. */
  readonly unitPrice: Decimal | null;
  /** Whether the taker may have received an approval that counts as the deal. An operator can `resolve` it. */
  readonly inDoubt: boolean;
  /** False: the taker's identity is not proven. */
  readonly verified: boolean;
  /** Whether the winner did not report within `terms.doneWithinMs`. */
  readonly isOverdue: boolean;
  /** How many times the offer is made in all, if it is renewed after a failure; otherwise null. */
  readonly attemptsMax: number | null;
  /** The id of its renewal; null: none. */
  readonly renewedAs: OfferId | null;
}

/** Another desk's offer. */
export interface TakenOffer extends Offered {
  readonly role: 'taker';
  readonly terms: OfferTerms;
  readonly phase: TakerPhase;
  /** Why it was lost or given up. */
  readonly reason: LossReason | null;
  /** Our bid, if we made one. */
  readonly unitPrice: Decimal | null;
  /** Whether we have confirmed and don't know the maker's decision yet. */
  readonly inDoubt: boolean;
  /** False: the maker's identity is not proven. */
  readonly verified: boolean;
  /** When we received the maker's latest message, or the offer if there is none since; milliseconds since 1970. */
  readonly makerSeenAt: number;
  /** Whether it is active and its maker may be gone: no message for minutes, or no answer to our last request. */
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

export function snapshotOfOther(state: TakerState, neighbours: Pick<Neighbours, 'activityOf'>): TakenOffer {
  const { terms, phase, reason, unitPrice = null, auth } = state;
  const { makerSeenAt, isStale } = neighbours.activityOf(terms.maker, state.seenAt);
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
    isStale: isStale && !isTakerFinished(state),
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
