/**
 * What happened, for operators and programs. A desk's log, its events and the command line show these and no others.
 * The names are those of docs/PROTOCOL.md, "Events".
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
  /** After the time that the offer gave. */
  readonly late?: boolean;
}

export type Notice = OfOffer &
  // maker
  (
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
    /** An approval to a client of the original that may have been received or not; the same taker is asked again. */
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
    /** Both: not final in a restored copy of the journal, and ended here for that. */
    | { readonly event: 'offer.voided' }
    /** Maker: the winner has not reported in time. */
    | { readonly event: 'deal.overdue'; readonly taker: PeerId }
    /** Both: the other side has acknowledged our report. */
    | { readonly event: 'report.delivered'; readonly by: DealSide }
    // both: one side has reported how the deal went
    | ({ readonly event: 'deal.done' } & Reported)
    | ({ readonly event: 'deal.failed' } & Reported)
    // both: the maker has an acceptance in its queue (`taker`), the taker knows that it has
    | { readonly event: 'acceptance.queued'; readonly taker: PeerId; readonly position: number }
    // both: a taker (`taker`) has taken back what waited in our queue; without `taker`, we have taken ours back
    | { readonly event: 'acceptance.withdrawn'; readonly taker?: PeerId }
    // taker
    /** Also when it was given up and is announced again. */
    | { readonly event: 'offer.received'; readonly terms: OfferTerms }
    /** An offer that we had only seen, or had given up, has ended. */
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
    /** We confirmed, and a question to the maker got no answer: nobody but the maker knows. */
    | { readonly event: 'deal.in_doubt'; readonly epoch: number; readonly reason: ErrorCode }
    | { readonly event: 'deal.won'; readonly epoch: number | null; readonly unitPrice?: Decimal }
    /** `gaveUp`: by our own decision, since the maker could not be reached or the time was over. */
    | { readonly event: 'deal.lost'; readonly reason: LossReason; readonly gaveUp: boolean }
    | { readonly event: 'deal.closed_by_hand'; readonly as: 'won' | 'lost' }
    /** After a doubt was closed by hand, the maker's decision arrived. `contradicts`: it is the other one. */
    | { readonly event: 'deal.truth'; readonly outcome: Outcome; readonly won: boolean; readonly contradicts: boolean }
    /** A peer said what it can't truthfully say, or what is not its to say. Nothing was changed by it. */
    | { readonly event: 'peer.contradiction'; readonly text: string }
  );

export type NoticeEvent = Notice['event'];
