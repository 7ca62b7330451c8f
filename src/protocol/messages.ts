/**
 * The messages between desks, parsed and checked by `wire`. Names are those of docs/PROTOCOL.md, but `maker` is
 * `source` on the wire, and `taker` is `destination`.
 */
import type { ErrorCode } from './errors.ts';
import type { Decimal, OfferId, PeerId } from './ids.ts';
import type { MakerPhase } from './lifecycle.ts';

/** `job`: work for exactly one taker. Its amount is usually 1, and it may have no pair and no price. */
export type OfferType = 'buy' | 'sell' | 'job';

/**
 * Extra data in an offer or a report, which the protocol does not interpret. `json`: the text of a JSON value. At most
 * `detailsMaxBytes` in UTF-8.
 */
export interface Details {
  readonly format: 'text' | 'json';
  readonly text: string;
}

export function isSameDetails(one: Details | undefined, other: Details | undefined): boolean {
  return one?.format === other?.format && one?.text === other?.text;
}

/**
 * The protocol of a peer. `grapevine`: the whole protocol. `original`: an unmodified client of the original demo, which
 * treats any answer without an error as success, and its approval as the deal.
 */
export type Dialect = 'grapevine' | 'original';

export interface Peer {
  readonly id: PeerId;
  readonly dialect: Dialect;
  /** Present if a signature or MAC has proven its id. */
  readonly verified?: true;
}

/**
 * A signature of a desk: unpadded base64url of 64 bytes. `path` leads from the statement to the root of the signed
 * batch; absent if the statement was signed alone. The protocol does not interpret it.
 */
export interface Signature {
  readonly sig: string;
  readonly path?: string;
  /** Only in journals of protocol version 1, whose signatures had a nonce. */
  readonly nonce?: string;
}

/**
 * A MAC under the shared key of two desks: unpadded base64url of 32 bytes. `nonce`, 32 hex digits, makes each message
 * unique.
 */
export interface MessageMac {
  readonly mac: string;
  readonly nonce: string;
}

/** The `auth` of a message: a signature if a third party may have to verify it, else a MAC. */
export type MessageAuth = Signature | MessageMac;

/** The `auth` of an answer: a signature if a third party may have to verify it, else a MAC. */
export type AnswerAuth = Signature | { readonly mac: string };

/**
 * How the maker chooses among the takers. `first`: in order of arrival. `best`: the best price, after waiting for
 * `windowMs` from the issue of the offer. `manual`: the operator chooses.
 */
export type AwardPolicy = 'first' | 'best' | 'manual';

/**
 * Times are in milliseconds since 1970 on the maker's clock. Fields are null if an offer of the original does not have
 * them.
 */
export interface OfferTerms {
  readonly offerId: OfferId;
  readonly maker: PeerId;
  readonly type: OfferType;
  readonly amount: Decimal;
  readonly pair: string | null;
  readonly unitPrice: Decimal | null;
  readonly issuedAt: number | null;
  readonly expiresAt: number | null;
  /** Absent: `first`. */
  readonly award?: Exclude<AwardPolicy, 'first'>;
  /** Only with `best`. */
  readonly windowMs?: number;
  /** The desks that may accept it; absent: all. */
  readonly to?: readonly PeerId[];
  readonly details?: Details;
  /** The maker's own name for the offer. */
  readonly reference?: string;
  /** The number of this offer among those with the same reference; absent: the first. */
  readonly attempt?: number;
  /** The time after the award in which the winner should report. */
  readonly doneWithinMs?: number;
}

/** What a taker confirms: the terms of the offer, the epoch of its reservation, and its bid. */
export interface Confirmation {
  readonly terms: OfferTerms;
  readonly taker: PeerId;
  readonly epoch: number;
  /** Its bid; absent: the maker's price. */
  readonly unitPrice?: Decimal;
}

export type Outcome = 'awarded' | 'cancelled' | 'expired';

/** Identifies an offer and the two parties of a direct message about it. */
export interface OfferParties {
  readonly offerId: OfferId;
  readonly maker: PeerId;
  readonly taker: PeerId;
}

export interface OfferNew {
  readonly cmd: 'offer:new';
  readonly terms: OfferTerms;
}

export interface OfferAccept extends OfferParties {
  readonly cmd: 'offer:accept';
  /** The taker's bid; absent: the maker's price. */
  readonly unitPrice?: Decimal;
}

/** `epoch` and `until` are null from a client of the original. */
export interface OfferApproved extends OfferParties {
  readonly cmd: 'offer:accept:approved';
  readonly epoch: number | null;
  readonly until: number | null;
  /** The approved bid; absent if there was none. */
  readonly unitPrice?: Decimal;
}

/** The reservation for this taker has ended. A hint that saves a status query; losing it does no harm. */
export interface OfferReleased extends OfferParties {
  readonly cmd: 'offer:accept:released';
  readonly epoch: number;
}

/** Withdraws a waiting acceptance. A hint that saves an approval; losing it does no harm. */
export interface OfferWithdrawn extends OfferParties {
  readonly cmd: 'offer:accept:withdrawn';
}

/** All but `offerId` are null from a client of the original. */
export interface OfferDone {
  readonly cmd: 'offer:done';
  readonly offerId: OfferId;
  readonly maker: PeerId | null;
  readonly outcome: Outcome | null;
  readonly winner: PeerId | null;
  readonly epoch: number | null;
  /** The winner's bid; absent if there was none. */
  readonly unitPrice?: Decimal;
}

export interface OfferStatus extends OfferParties {
  readonly cmd: 'offer:status';
}

export type DealSide = 'maker' | 'taker';

/** The result of a deal after its award. */
export type DealResult = 'done' | 'failed';

/** The report of one side to the other about the result of the deal: sent once, and final. */
export interface DealReport extends OfferParties {
  readonly cmd: 'deal:report';
  /** The reporting side. */
  readonly by: DealSide;
  readonly result: DealResult;
  readonly details?: Details;
  /** Milliseconds since 1970, on the clock of the reporting side. */
  readonly at: number;
}

/**
 * Asks a desk (`source` on the wire) for its own open offers, in the order of their ids, from the one after `after`. It
 * need not be a maker, nor the asking desk (`destination`) a taker.
 */
export interface OfferList {
  readonly cmd: 'offer:list';
  readonly asked: PeerId;
  readonly asking: PeerId;
  readonly after: OfferId | null;
  readonly limit: number;
  /** Asks for the offers of other desks as well. */
  readonly book?: BookQuery;
}

/** Asks for all open offers that a desk knows, in the order of their ids and then their makers. */
export interface BookQuery {
  /** With `after`: the position among offers of the same id. */
  readonly afterMaker: PeerId | null;
  /** The offers that the asking desk has; see wire/book-digest.ts. */
  readonly digest: string;
}

/** Announces that a desk is up. The times are on its own clock. */
export interface DeskHello {
  readonly cmd: 'desk:hello';
  readonly desk: PeerId;
  /** The only desk that it is for; null: for everybody. */
  readonly to: PeerId | null;
  /** When it was sent, so that a replayed hello is detected. */
  readonly at: number;
  /** When the desk started. A different time means that it has restarted and has lost its list of peers. */
  readonly since: number;
  /** The number of its open offers; older desks omit it. */
  readonly offers?: number;
  /** Asks one desk for a link: the two desks forward facts to each other. */
  readonly link?: true;
}

export type Message =
  | OfferNew
  | OfferAccept
  | OfferApproved
  | OfferReleased
  | OfferWithdrawn
  | OfferDone
  | OfferStatus
  | DealReport
  | OfferList
  | DeskHello;

export type Command = Message['cmd'];

/** Facts: statements of a maker about its offer, for everybody. An answer to them means only that they were received. */
export type BroadcastMessage = OfferNew | OfferDone;

/** Messages that one peer sends to another. */
export type DirectMessage = Exclude<Message, OfferNew>;

/** The phase of an offer in the maker's answer; a maker never sends `voided`. */
export type PublicPhase = Exclude<MakerPhase, 'voided'>;

/** The position of the asking taker. `none`: neither waiting nor reserved; it may accept. */
export type Standing = 'none' | 'queued' | 'reserved' | 'won' | 'lost';

/** `position` counts from 1; 0 is the reserved taker. */
export interface QueuedAnswer {
  readonly kind: 'queued';
  readonly position: number;
}

export interface ConfirmedAnswer {
  readonly kind: 'confirmed';
  /** Null to a client of the original. */
  readonly epoch: number | null;
  /** The taker's signature, if the answer was received. */
  readonly auth?: Signature;
}

export interface AcknowledgedAnswer {
  readonly kind: 'acknowledged';
}

/** The status of an offer for one taker. `epoch` is that of the latest reservation, 0 if there was none. */
export interface StatusAnswer {
  readonly kind: 'status';
  readonly phase: PublicPhase;
  readonly standing: Standing;
  readonly epoch: number;
  /** The winner, and its bid; absent while the offer is not awarded. */
  readonly winner?: PeerId;
  readonly unitPrice?: Decimal;
  /** The maker's signature under the outcome, if the answer was received. */
  readonly auth?: Signature;
}

/** `auth` is the maker's signature; absent if the maker does not sign. */
export interface ListedOffer {
  readonly terms: OfferTerms;
  readonly auth?: Signature;
}

export interface ListAnswer {
  readonly kind: 'list';
  readonly offers: readonly ListedOffer[];
  /** The start of the next page; null at the end. */
  readonly next: OfferId | null;
  /** Only in an answer about the whole book: the maker of `next`, and the digest of the answering desk. */
  readonly nextMaker?: PeerId;
  readonly digest?: string;
}

/** On the wire a Grenache error, because a client of the original treats everything else as success. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly text: string;
}

export type Answer = QueuedAnswer | ConfirmedAnswer | AcknowledgedAnswer | StatusAnswer | ListAnswer | Refusal;

/**
 * The result of a message that we sent: the peer's answer, `unsent` if certainly nobody received it, or `unknown`.
 * `accepted` and `declined` come from a client of the original: a truthy result, and any other.
 */
export type SendResult =
  | Exclude<Answer, Refusal>
  | { readonly kind: 'accepted' }
  | { readonly kind: 'declined' }
  /** An application error of the addressee; `code` is ERR_REFUSED if it sent none of our codes. */
  | Refusal
  | { readonly kind: 'unsent'; readonly code: ErrorCode }
  | { readonly kind: 'unknown'; readonly code: ErrorCode };

export function refusal(code: ErrorCode, text: string): Refusal {
  return { kind: 'refused', code, text };
}
