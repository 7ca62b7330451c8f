/**
 * Notices of what happened to an offer, for operators and programs: in the log, as events, and on the command line. The
 * names are those of docs/PROTOCOL.md, "Events".
 */
import type { ErrorCode } from './errors.ts';
import type { Decimal, OfferId, PeerId } from './ids.ts';
import type { DealSide, Details, OfferTerms, Outcome } from './messages.ts';
import type { LossReason, ReleaseReason } from './records.ts';

interface OfOffer {
  readonly offerId: OfferId;
  readonly maker: PeerId;
}

interface Reported {
  readonly by: DealSide;
  readonly details?: Details;
  /** Received after `doneWithinMs`. */
  readonly late?: boolean;
}

/** What happened, without the offer. */
export type NoticeBody =
  // of the maker
  | { readonly event: 'offer.opened'; readonly terms: OfferTerms }
  | {
      readonly event: 'award.reserved';
      readonly taker: PeerId;
      readonly epoch: number;
      readonly until: number | null;
      readonly unitPrice?: Decimal;
    }
  | {
      readonly event: 'award.released';
      readonly taker: PeerId;
      readonly epoch: number;
      readonly reason: ReleaseReason;
      readonly detail?: string;
    }
  /** An approval to a client of the original may or may not have been received. It is sent to the same taker again. */
  | { readonly event: 'award.in_doubt'; readonly taker: PeerId; readonly epoch: number }
  | {
      readonly event: 'deal.awarded';
      readonly taker: PeerId;
      readonly epoch: number;
      readonly byHand: boolean;
      readonly unitPrice?: Decimal;
    }
  | { readonly event: 'offer.cancelled' }
  | { readonly event: 'offer.expired' }
  | { readonly event: 'outcome.delivered'; readonly taker: PeerId }
  /** The winner has not reported in time. */
  | { readonly event: 'deal.overdue'; readonly taker: PeerId }
  // of the taker
  /** Also when we had given it up and it is announced again. */
  | { readonly event: 'offer.received'; readonly terms: OfferTerms }
  /** An offer has ended that we had not accepted, or had given up. */
  | { readonly event: 'offer.gone'; readonly outcome: Outcome | null }
  | { readonly event: 'acceptance.sent'; readonly attempt: number }
  | {
      readonly event: 'acceptance.retry';
      readonly attempt: number;
      readonly reason: ErrorCode;
      readonly inMs: number;
    }
  | { readonly event: 'award.confirmed'; readonly epoch: number }
  | { readonly event: 'award.lost_hold'; readonly epoch: number }
  /** We have confirmed, and a status query got no answer: only the maker knows the outcome. */
  | { readonly event: 'deal.in_doubt'; readonly epoch: number; readonly reason: ErrorCode }
  | { readonly event: 'deal.won'; readonly epoch: number | null; readonly unitPrice?: Decimal }
  /** `gaveUp`: by our own decision, because the maker did not answer or the validity ended. */
  | { readonly event: 'deal.lost'; readonly reason: LossReason; readonly gaveUp: boolean }
  | { readonly event: 'deal.closed_by_hand'; readonly as: 'won' | 'lost' }
  /** The maker's decision arrived after the doubt was resolved by hand. `contradicts`: the two differ. */
  | { readonly event: 'deal.truth'; readonly outcome: Outcome; readonly won: boolean; readonly contradicts: boolean }
  // of both
  /** Of the maker: the acceptance of `taker` is in our queue. Of the taker: ours is in the maker's queue. */
  | { readonly event: 'acceptance.queued'; readonly taker: PeerId; readonly position: number }
  /** Of the maker: `taker` has withdrawn its acceptance. Of the taker: we have withdrawn ours (no `taker`). */
  | { readonly event: 'acceptance.withdrawn'; readonly taker?: PeerId }
  /** The offer was not final in a restored copy of the journal, and ends. */
  | { readonly event: 'offer.voided' }
  /** One side has reported the result of the deal. */
  | ({ readonly event: 'deal.done' } & Reported)
  | ({ readonly event: 'deal.failed' } & Reported)
  /** The other side has acknowledged our report. */
  | { readonly event: 'report.delivered'; readonly by: DealSide }
  /** A peer sent a message that contradicts earlier ones, or that only another peer may send. It was ignored. */
  | { readonly event: 'peer.contradiction'; readonly text: string };

export type Notice = OfOffer & NoticeBody;
