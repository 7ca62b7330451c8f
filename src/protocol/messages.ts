/**
 * What desks say to each other, as values that have been read and checked (`wire` makes them). Names are those of
 * docs/PROTOCOL.md:
 * `maker` is `source` on the wire, `taker` is `destination`.
 */
import type { ErrorCode } from './errors.ts';
import type { Decimal, OfferId, PeerId } from './ids.ts';
import type { MakerPhase } from './lifecycle.ts';

/** `job`: something to be done by exactly one; its amount is usually 1, and it may have no pair and no price. */
export type OfferType = 'buy' | 'sell' | 'job';

/**
 * What travels with an offer or a report and means nothing to the protocol. `json`: the text of a JSON value. At most
 * `detailsMaxBytes` in UTF-8.
 */
export interface Details {
  readonly format: 'text' | 'json';
  readonly text: string;
}

/** Each message and each reading of the journal makes them anew: they are the same by what they say. */
export function isSameDetails(one: Details | undefined, other: Details | undefined): boolean {
  return one?.format === other?.format && one?.text === other?.text;
}

/**
 * How a peer speaks. `grapevine`: the whole protocol. `original`: an unmodified client of the original demo, which takes
 * any answer without an error for a yes, and its approval for the deal.
 */
export type Dialect = 'grapevine' | 'original';

export interface Peer {
  readonly id: PeerId;
  readonly dialect: Dialect;
  /** Present when its signature has proven that it is the one that it says it is. */
  readonly verified?: true;
}

/**
 * A signature of a desk: unpadded base64url of 64 bytes. `path` leads from the signed statement to the root of the batch that
 * the signature is for; absent where the statement was signed by itself. Opaque in here.
 */
export interface Auth {
  readonly sig: string;
  readonly path?: string;
  /** Only in journals of protocol version 1, whose signatures had a nonce. */
  readonly nonce?: string;
}

/**
 * A MAC under the key of a pair of desks: unpadded base64url of 32 bytes. `nonce` makes a message different from all others, 32
 * hex digits.
 */
export interface MessageMac {
  readonly mac: string;
  readonly nonce: string;
}

/** What stands beside a message: a signature if it is said to everybody, else a MAC. */
export type MessageAuth = Auth | MessageMac;

/** What stands in an answer: a signature if a third party may have to judge it, else a MAC. */
export type AnswerAuth = Auth | { readonly mac: string };

/**
 * How the maker chooses among those that accept. `first`: in order of arrival. `best`: it waits for `windowMs` after it has
 * issued the offer, then takes the best price. `manual`: its operator chooses the taker.
 */
export type AwardPolicy = 'first' | 'best' | 'manual';

/** What is offered. Times are the maker's, in milliseconds since 1970; null where an offer of the original says nothing. */
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
  /** With `best` alone. */
  readonly windowMs?: number;
  /** The desks that may have it; absent: everybody. */
  readonly to?: readonly PeerId[];
  readonly details?: Details;
  /** The maker's own name for it. */
  readonly reference?: string;
  /** How often it has been offered under this reference; absent: for the first time. */
  readonly attempt?: number;
  /** Milliseconds after the award in which the winner should report. */
  readonly doneWithinMs?: number;
}

/** What a taker confirms: this offer with these terms, held for it in this epoch, at its bid. */
export interface Confirmation {
  readonly terms: OfferTerms;
  readonly taker: PeerId;
  readonly epoch: number;
  /** Its bid; absent: the maker's price. */
  readonly unitPrice?: Decimal;
}

/** How an offer ended. */
export type Outcome = 'awarded' | 'cancelled' | 'expired';

export interface OfferNew {
  readonly cmd: 'offer:new';
  readonly terms: OfferTerms;
}

export interface OfferAccept {
  readonly cmd: 'offer:accept';
  readonly offerId: OfferId;
  readonly maker: PeerId;
  readonly taker: PeerId;
  /** A bid: the unit price at which this taker would have it. Absent: the maker's. */
  readonly unitPrice?: Decimal;
}

/** `epoch` and `until` are null from a client of the original. */
export interface OfferApproved {
  readonly cmd: 'offer:accept:approved';
  readonly offerId: OfferId;
  readonly maker: PeerId;
  readonly taker: PeerId;
  readonly epoch: number | null;
  readonly until: number | null;
  /** The bid that it is approved at; absent where there was none. */
  readonly unitPrice?: Decimal;
}

/** The maker does not hold the offer for this taker any more. Saves the taker a question; losing it costs nothing. */
export interface OfferReleased {
  readonly cmd: 'offer:accept:released';
  readonly offerId: OfferId;
  readonly maker: PeerId;
  readonly taker: PeerId;
  readonly epoch: number;
}

/** The taker does not want it any more, as far as its acceptance waits. Saves the maker an approval; losing it costs nothing. */
export interface OfferWithdrawn {
  readonly cmd: 'offer:accept:withdrawn';
  readonly offerId: OfferId;
  readonly maker: PeerId;
  readonly taker: PeerId;
}

/** All but `offerId` are null from a client of the original. */
export interface OfferDone {
  readonly cmd: 'offer:done';
  readonly offerId: OfferId;
  readonly maker: PeerId | null;
  readonly outcome: Outcome | null;
  readonly winner: PeerId | null;
  readonly epoch: number | null;
  /** The winner's bid; absent where there was none. */
  readonly unitPrice?: Decimal;
}

export interface OfferStatus {
  readonly cmd: 'offer:status';
  readonly offerId: OfferId;
  readonly maker: PeerId;
  readonly taker: PeerId;
}

/** The two sides of a deal. */
export type DealSide = 'maker' | 'taker';

/** How a deal went after its award. */
export type DealResult = 'done' | 'failed';

/** What one side of a deal says to the other about how it went: once, and final. */
export interface DealReport {
  readonly cmd: 'deal:report';
  readonly offerId: OfferId;
  readonly maker: PeerId;
  readonly taker: PeerId;
  /** The side that says it. */
  readonly by: DealSide;
  readonly result: DealResult;
  readonly details?: Details;
  /** Milliseconds since 1970, on the clock of the side that says it. */
  readonly at: number;
}

/** Asks a desk for its own open offers, in the order of their ids, `after` one. */
export interface OfferList {
  readonly cmd: 'offer:list';
  readonly maker: PeerId;
  readonly taker: PeerId;
  readonly after: OfferId | null;
  readonly limit: number;
  /** Asks for what it has seen of others as well. */
  readonly book?: BookQuery;
}

/** A question for all open offers that a desk knows, in the order of their ids and then their makers. */
export interface BookQuery {
  /** With `after`: where to go on among offers of the same id. */
  readonly afterMaker: PeerId | null;
  /** What the asking desk has already; see wire/book-digest.ts. */
  readonly digest: string;
}

/** A desk is there. Its times are its own clock's. */
export interface DeskHello {
  readonly cmd: 'desk:hello';
  readonly desk: PeerId;
  /** The newcomer that it is the answer to; null: said to everybody. */
  readonly to: PeerId | null;
  /** When it was said: what makes it fresh, and an old one that somebody repeats stale. */
  readonly at: number;
  /** When the desk came up: another time is another life, in which it has to learn anew who is there. */
  readonly since: number;
  /** Its open offers for everybody; absent from desks that don't say. */
  readonly offers?: number;
  /** Said to one desk: it would like to get facts passed on, and passes them on itself. */
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

/** Facts about offers, told to everybody; nobody waits for a meaning in their answers. */
export type BroadcastMessage = OfferNew | OfferDone;

/** Commands that one peer asks another. */
export type DirectMessage = Exclude<Message, OfferNew>;

/** Where an offer stands with its maker, as far as the maker can tell. */
export type PublicPhase = Exclude<MakerPhase, 'voided'>;

/** Where the asking taker stands with it. `none`: neither waiting nor chosen, an acceptance would be welcome. */
export type Standing = 'none' | 'queued' | 'reserved' | 'won' | 'lost';

/** The answers. Position counts from 1; 0 is the taker whose turn it is. */
export interface QueuedAnswer {
  readonly kind: 'queued';
  readonly position: number;
}

export interface ConfirmedAnswer {
  readonly kind: 'confirmed';
  /** Null to a client of the original. */
  readonly epoch: number | null;
  /** The taker's signature, in a result. */
  readonly auth?: Auth;
}

export interface AcknowledgedAnswer {
  readonly kind: 'acknowledged';
}

/** The truth about an offer for one taker. `epoch` is the number of the latest reservation, 0 if there was none. */
export interface StatusAnswer {
  readonly kind: 'status';
  readonly phase: PublicPhase;
  readonly standing: Standing;
  readonly epoch: number;
  /** The taker that it was awarded to, and its bid; absent while it is not awarded. */
  readonly winner?: PeerId;
  readonly unitPrice?: Decimal;
  /** The maker's signature under the end of the offer, in a result. */
  readonly auth?: Auth;
}

/** An offer as its maker has signed it; `auth` is absent where the maker does not sign. */
export interface ListedOffer {
  readonly terms: OfferTerms;
  readonly auth?: Auth;
}

export interface ListAnswer {
  readonly kind: 'list';
  readonly offers: readonly ListedOffer[];
  /** Where to go on; null at the end. */
  readonly next: OfferId | null;
  /** In an answer to a question for the whole book: the maker of `next`, and what the answering desk has. */
  readonly nextMaker?: PeerId;
  readonly digest?: string;
}

/** A refusal is a real Grenache error on the wire: anything else reads as a yes over at the original. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly text: string;
}

export type Answer = QueuedAnswer | ConfirmedAnswer | AcknowledgedAnswer | StatusAnswer | ListAnswer | Refusal;

/**
 * What became of a message that we sent: the peer's answer, or the certainty that nobody received it, or nothing known.
 * `accepted` and `declined` are what a client of the original says: true or anything, false.
 */
export type SendResult =
  | Exclude<Answer, Refusal>
  | { readonly kind: 'accepted' }
  | { readonly kind: 'declined' }
  /** An error of the addressee's application; `code` is ERR_REFUSED when it gave none of ours. */
  | Refusal
  | { readonly kind: 'unsent'; readonly code: ErrorCode }
  | { readonly kind: 'unknown'; readonly code: ErrorCode };

export function refusal(code: ErrorCode, text: string): Refusal {
  return { kind: 'refused', code, text };
}
