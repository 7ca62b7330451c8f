/**
 * The records of the journal. A state is the fold of its records (`applyMaker`, `applyTaker`). Queues, attempts and
 * timers are in no record and are rebuilt after a restart.
 *
 * Records are stored for ever and replayed by later versions: fields can be added, but not changed or removed.
 */
import type { Decimal, OfferId, OfferKey, PeerId } from './ids.ts';
import type { DealResult, Details, Dialect, OfferTerms, Outcome, Peer, Signature } from './messages.ts';

/** `at`: milliseconds since 1970 on this desk's clock. */
type Recorded<Content> = Content & { readonly at: number };

/** A maker's private data about its offer: in no message. */
export interface OfferPlan {
  /** The offer that this one renews. */
  readonly renews?: OfferId;
  /** Takers that have failed before and may not accept it again. */
  readonly excluded?: readonly PeerId[];
  /** Present if the offer is renewed when its deal fails. */
  readonly ifFailed?: RenewalPolicy;
}

export interface RenewalPolicy {
  /** The number of attempts in all, 2 or more. */
  readonly attemptsMax: number;
  /** Whether a taker that has failed is excluded. */
  readonly excludes: boolean;
}

export type ReleaseReason = 'silent' | 'refused' | 'unreachable' | 'byHand';

/** The records of both sides about their deal after the award. */
export type ReportRecord = Recorded<
  /** Our report, which is final. */
  | { readonly type: 'reported'; readonly result: DealResult; readonly details?: Details }
  /** The other side has acknowledged it, or we have stopped sending it (`givenUp`). */
  | { readonly type: 'reportDelivered'; readonly givenUp?: boolean }
  /** The other side's report. `reportedAt` is on its clock; `auth` is its signature. */
  | {
      readonly type: 'reportReceived';
      readonly result: DealResult;
      readonly details?: Details;
      readonly reportedAt: number;
      readonly auth?: Signature;
    }
>;

export type MakerRecord =
  | ReportRecord
  | Recorded<
      | { readonly type: 'opened'; readonly terms: OfferTerms; readonly plan?: OfferPlan }
      /**
       * `until` is null for a client of the original, whose approval is the deal. `unitPrice` is the taker's bid.
       * `auth`: the taker's signature under its acceptance, only in protocol version 1.
       */
      | {
          readonly type: 'reserved';
          readonly taker: Peer;
          readonly epoch: number;
          readonly until: number | null;
          readonly unitPrice?: Decimal;
          readonly auth?: Signature;
        }
      | {
          readonly type: 'released';
          readonly epoch: number;
          readonly reason: ReleaseReason;
          readonly detail?: string;
        }
      /**
       * The decision. `byHand`: the operator resolved a doubt. `auth`: the taker's signature under its confirmation.
       */
      | {
          readonly type: 'awarded';
          readonly taker: Peer;
          readonly epoch: number;
          readonly byHand?: boolean;
          readonly auth?: Signature;
        }
      /** `renewForMs`: to renew it with this validity, at once or at the next start. */
      | { readonly type: 'cancelled'; readonly renewForMs?: number }
      | { readonly type: 'expired' }
      /** Not final in a restored copy of the journal: it may have been awarded after the copy. */
      | { readonly type: 'voided' }
      /**
       * The taker has acknowledged the outcome, or we have stopped sending it (`givenUp`); the taker can still ask.
       */
      | { readonly type: 'delivered'; readonly givenUp?: boolean }
      /** The winner has not reported within `doneWithinMs`. */
      | { readonly type: 'overdue' }
      /** The id of the new offer. */
      | { readonly type: 'renewed'; readonly as: OfferId }
    >;

/** Why a taker did not get an offer. */
export type LossReason =
  'taken' | 'cancelled' | 'expired' | 'refused' | 'unknown-offer' | 'unreachable' | 'no-answer' | 'contradiction';

export type TakerRecord =
  | ReportRecord
  | Recorded<
      /** The decision to accept. It has the terms, so that the journal is complete. */
      | {
          readonly type: 'accepting';
          readonly terms: OfferTerms;
          readonly dialect: Dialect;
          /** Our bid; absent: the maker's price. */
          readonly unitPrice?: Decimal;
          /** The maker's signature under its offer. */
          readonly auth?: Signature;
        }
      /** `until` is that of the approval. `auth`: the maker's signature under it, only in protocol version 1. */
      | { readonly type: 'confirmed'; readonly epoch: number; readonly until?: number; readonly auth?: Signature }
      | { readonly type: 'released'; readonly epoch: number }
      /** `epoch` is null from a maker of the original. `auth`: the maker's signature under the message in `by`. */
      | {
          readonly type: 'won';
          readonly epoch: number | null;
          readonly by?: 'done' | 'status';
          readonly auth?: Signature;
        }
      | { readonly type: 'lost'; readonly reason: LossReason }
      | { readonly type: 'withdrawn' }
      | { readonly type: 'gaveUp'; readonly reason: LossReason }
      /** The operator resolved a doubt by hand. */
      | { readonly type: 'closed'; readonly as: 'won' | 'lost' }
      /** Not final in a restored copy of the journal: later decisions are lost. */
      | { readonly type: 'voided' }
      /** The maker's decision, if it arrives after `closed` or `voided`. */
      | { readonly type: 'truth'; readonly outcome: Outcome; readonly won: boolean }
    >;

export type JournalRecord =
  { readonly role: 'maker'; readonly record: MakerRecord } | { readonly role: 'taker'; readonly record: TakerRecord };

/** The records of one step of one offer, written together or not at all. */
export interface JournalEntry {
  readonly offer: OfferKey;
  readonly records: readonly JournalRecord[];
  /** Nothing is left to do for this offer, so a start of the desk skips it. */
  readonly finished: boolean;
}
