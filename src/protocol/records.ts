/**
 * What is written to the journal before anything is said. A state is the fold of its records (`applyMaker`, `applyTaker`)
 * and of nothing else that matters: queues, attempts and timers are not in here and are rebuilt after a restart.
 *
 * Records are kept for ever and replayed by later versions: fields are added, never changed or taken away.
 */
import type { Decimal, OfferId, OfferKey, PeerId } from './ids.ts';
import type { Auth, DealResult, Details, Dialect, OfferTerms, Outcome, Peer } from './messages.ts';

interface At {
  /** Milliseconds since 1970 on this desk's clock. */
  readonly at: number;
}

/** What a maker keeps to itself about an offer of its own: no message has it. */
export interface OfferPlan {
  /** The offer that this one is the renewal of. */
  readonly renews?: OfferId;
  /** Takers that have failed before and do not get it again. */
  readonly excluded?: readonly PeerId[];
  /** It is offered anew when its deal fails. */
  readonly ifFailed?: RenewalPolicy;
}

export interface RenewalPolicy {
  /** How often it is offered in all; at least 2. */
  readonly attemptsMax: number;
  /** A taker that has failed does not get it again. */
  readonly excludes: boolean;
}

export type ReleaseReason = 'silent' | 'refused' | 'unreachable' | 'byHand';

/** What either side writes about its deal after the award. */
export type ReportRecord = At &
  /** Ours; from then on it is final. */
  (
    | { readonly type: 'reported'; readonly result: DealResult; readonly details?: Details }
    /** The other side has acknowledged it, or will not be told any more (`given up`). */
    | { readonly type: 'reportDelivered'; readonly givenUp?: boolean }
    /** The other side's. `reportedAt` is its clock's; `auth` its signature. */
    | {
        readonly type: 'reportReceived';
        readonly result: DealResult;
        readonly details?: Details;
        readonly reportedAt: number;
        readonly auth?: Auth;
      }
  );

export type MakerRecord =
  | ReportRecord
  | (At &
      (
        | { readonly type: 'opened'; readonly terms: OfferTerms; readonly plan?: OfferPlan }
        /**
         * `until` is null for a client of the original, whose approval is the deal. `unitPrice` is the taker's bid. `auth`: its
         * signature under its acceptance, which only protocol version 1 had.
         */
        | {
            readonly type: 'reserved';
            readonly taker: Peer;
            readonly epoch: number;
            readonly until: number | null;
            readonly unitPrice?: Decimal;
            readonly auth?: Auth;
          }
        | {
            readonly type: 'released';
            readonly epoch: number;
            readonly reason: ReleaseReason;
            readonly detail?: string;
          }
        /** The decision. `byHand`: an operator's, about a doubt. `auth`: the taker's signature under its confirmation. */
        | {
            readonly type: 'awarded';
            readonly taker: Peer;
            readonly epoch: number;
            readonly byHand?: boolean;
            readonly auth?: Auth;
          }
        /** `renewForMs`: to offer it again, valid for this time. That is done at once, or at the next start. */
        | { readonly type: 'cancelled'; readonly renewForMs?: number }
        | { readonly type: 'expired' }
        /** Not final in a restored copy: it may have been awarded in what the copy has forgotten. */
        | { readonly type: 'voided' }
        /** The taker that the outcome was owed to has acknowledged it, or will not be told any more (`given up`); it can still ask. */
        | { readonly type: 'delivered'; readonly givenUp?: boolean }
        /** The winner has not reported within `doneWithinMs`. */
        | { readonly type: 'overdue' }
        /** It was offered again under this id. */
        | { readonly type: 'renewed'; readonly as: OfferId }
      ));

/** Why a taker does not get an offer. */
export type LossReason =
  'taken' | 'cancelled' | 'expired' | 'refused' | 'unknown-offer' | 'unreachable' | 'no-answer' | 'contradiction';

export type TakerRecord =
  | ReportRecord
  | (At &
      /** The wish to have it; carries the terms so that the journal alone tells the story. */
      (
        | {
            readonly type: 'accepting';
            readonly terms: OfferTerms;
            readonly dialect: Dialect;
            /** Our bid; absent: the maker's price. */
            readonly unitPrice?: Decimal;
            /** The maker's signature under its offer. */
            readonly auth?: Auth;
          }
        /** `until` is of the maker's approval; `auth` its signature, which only protocol version 1 had. */
        | { readonly type: 'confirmed'; readonly epoch: number; readonly until?: number; readonly auth?: Auth }
        | { readonly type: 'released'; readonly epoch: number }
        /** `epoch` is null from a maker of the original. `auth`: the maker's signature under what it told us (`by`). */
        | {
            readonly type: 'won';
            readonly epoch: number | null;
            readonly by?: 'done' | 'status';
            readonly auth?: Auth;
          }
        | { readonly type: 'lost'; readonly reason: LossReason }
        | { readonly type: 'withdrawn' }
        | { readonly type: 'gaveUp'; readonly reason: LossReason }
        /** An operator closed a doubt by hand. */
        | { readonly type: 'closed'; readonly as: 'won' | 'lost' }
        /** Not final in a restored copy: what was decided since has been forgotten. */
        | { readonly type: 'voided' }
        /** The maker's decision that reached us after that. */
        | { readonly type: 'truth'; readonly outcome: Outcome; readonly won: boolean }
      ));

export type JournalRecord =
  { readonly role: 'maker'; readonly record: MakerRecord } | { readonly role: 'taker'; readonly record: TakerRecord };

/** One step's records for one offer: written together or not at all. */
export interface JournalEntry {
  readonly offer: OfferKey;
  readonly records: readonly JournalRecord[];
  /** True when nothing is left to do for this offer: it need not be looked at when the desk starts again. */
  readonly finished: boolean;
}
