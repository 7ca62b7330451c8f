/**
 * The types of every step: `step(state, input, env)` returns the next state, the records to write (`records`), the
 * messages to send (`answer`, `effects`), and the notices for programs (`notices`). A step has no clock, network or
 * randomness of its own: the times and a random number are parameters. It sets no timer; the caller asks for the next
 * deadline (`makerDeadline`, `takerDeadline`).
 *
 * Contract with the caller, as in etcd's raft: persist, then send.
 * - The records of a step are written in one transaction, in the order of the steps.
 * - With `mustSync` they are durable, with all records before them, before anything else of that step is sent. Only
 *   effects that are marked `isImmediate` may be sent earlier. The next step of the same offer waits.
 * - If writing fails, nothing more is sent.
 */
import type { Decimal, OfferId, PeerId } from './ids.ts';
import type {
  Answer,
  BroadcastMessage,
  DealResult,
  Details,
  DirectMessage,
  Message,
  OfferTerms,
  Peer,
  SendResult,
  Signature,
} from './messages.ts';
import type { Notice } from './notices.ts';
import type { OfferPlan } from './records.ts';

/** Identifies a message that was sent, so that its result reaches the attempt that it belongs to. */
export type Correlation =
  | { readonly what: 'approval'; readonly epoch: number }
  | { readonly what: 'delivery' }
  | { readonly what: 'hint' }
  | { readonly what: 'acceptance'; readonly round: number; readonly attempt: number }
  | { readonly what: 'status' }
  | { readonly what: 'report' };

export interface StepEnvironment {
  /** Milliseconds since 1970 on this desk's clock; only for the validity of offers and the `at` of records. */
  readonly wallMs: number;
  /** Milliseconds on the monotonic clock, 0 or more; for every wait. */
  readonly monotonicMs: number;
  /** The number of this desk's life, from its journal; see `epochs.ts`. */
  readonly life: number;
  /** In [0, 1), new in each step, and unpredictable for others: it decides which of many strangers a maker chooses. */
  readonly random: number;
}

/** When a `tick` is due, on each of the two clocks; null: never on that clock. */
export interface Deadline {
  readonly wallMs: number | null;
  readonly monotonicMs: number | null;
}

export type Effect =
  | {
      readonly kind: 'send';
      readonly to: Peer;
      readonly message: DirectMessage;
      readonly correlation: Correlation;
      /** Must not reach two receivers: an approval to a client of the original demo. */
      readonly once: boolean;
    }
  | {
      readonly kind: 'broadcast';
      readonly message: BroadcastMessage;
      /** A repetition, without a notice for programs. */
      readonly isRepeated: boolean;
      /** Only these desks; absent: all. */
      readonly to?: readonly PeerId[];
      /** May be sent before the records of its step are durable. */
      readonly isImmediate?: true;
    };

/** A message with an authenticated sender. A desk with the setting `trust: open` also accepts a sender that proves nothing. */
export interface Received<M extends Message = Message> {
  readonly from: Peer;
  readonly message: M;
  /** Its signature; absent if it has a MAC, which proves nothing to others. */
  readonly auth?: Signature;
  /** A taker of an earlier deal, or one that our operator has allowed. */
  readonly isKnown?: boolean;
}

/** The operator reports the result of a deal. */
export interface ReportInput {
  readonly kind: 'report';
  readonly result: DealResult;
  readonly details?: Details;
}

/** The result of a message that was sent. */
export interface ResultInput {
  readonly kind: 'result';
  readonly to: Peer;
  readonly correlation: Correlation;
  readonly result: SendResult;
}

export type MakerInput =
  | { readonly kind: 'open'; readonly terms: OfferTerms; readonly plan?: OfferPlan }
  | ({ readonly kind: 'message' } & Received)
  | ResultInput
  /** `renewForMs`: cancelled to be renewed with this validity. */
  | { readonly kind: 'cancel'; readonly renewForMs?: number }
  /** The operator's choice among the waiting takers, where the policy is `manual`. */
  | { readonly kind: 'choose'; readonly taker: PeerId }
  /** The operator's decision about an approval in doubt. */
  | { readonly kind: 'resolve'; readonly as: 'awarded' | 'released' }
  | { readonly kind: 'tick' }
  | ReportInput
  /** The offer was renewed as `as`, and that is durable. */
  | { readonly kind: 'renewed'; readonly as: OfferId }
  /** The first input after a start, with the folded records. */
  | { readonly kind: 'recover' }
  /** The same, when the records came from a restored copy. */
  | { readonly kind: 'void' };

export type TakerInput =
  | ({ readonly kind: 'message' } & Received)
  | ResultInput
  /** The decision to accept, at the maker's price or with a bid. */
  | { readonly kind: 'accept'; readonly unitPrice?: Decimal }
  | { readonly kind: 'withdraw' }
  /** The maker's list does not have the offer, although we knew it before we asked for the list. */
  | { readonly kind: 'unlisted' }
  /** The operator's decision about a deal in doubt. */
  | { readonly kind: 'resolve'; readonly as: 'won' | 'lost' }
  | ReportInput
  | { readonly kind: 'tick' }
  | { readonly kind: 'recover' }
  | { readonly kind: 'void' };

export interface StepResult<State, Record> {
  /** The same object as before if nothing has changed; null while there is no offer. */
  readonly state: State | null;
  readonly records: readonly Record[];
  /** Whether `records` must be durable before anything is sent; see `durability.ts`. */
  readonly mustSync: boolean;
  /** The answer to the peer that sent the message, or to the operator that gave the command. */
  readonly answer: Answer | null;
  readonly effects: readonly Effect[];
  readonly notices: readonly Notice[];
}

/** The result for an unknown offer. */
export function withoutOffer(answer: Answer): StepResult<never, never> {
  return { state: null, records: [], mustSync: false, answer, effects: [], notices: [] };
}
