/** Who this desk is, and who it takes others for. */
import type { PeerId } from '../protocol/ids.ts';
import type {
  Answer,
  AnswerAuth,
  Auth,
  BroadcastMessage,
  Confirmation,
  DealReport,
  Message,
  MessageAuth,
  OfferTerms,
  Peer,
  Refusal,
} from '../protocol/messages.ts';

/**
 * Whom a desk believes. `signed`: only what is proven to be by the desk in whose name it is said. `open`: also clients of the
 * original, which can't sign and are taken at their word; but a name that is a key is proven here as well.
 */
export type Trust = 'signed' | 'open';

/** The sender of a message. */
export interface Sender {
  /** Null for what a client of the original says without a name. */
  readonly peer: Peer | null;
  /** Absent when it was taken at its word. */
  readonly auth?: MessageAuth;
}

export interface Identity {
  readonly id: PeerId;

  /**
   * What travels as `auth` beside a message of ours: a signature under what is said to everybody, else a MAC. None for a peer
   * that has no key.
   */
  sign(message: Message): MessageAuth | undefined | Promise<MessageAuth>;

  /** Our signature under what we say to everybody, or report about a deal; always for the same text. */
  signFact(message: BroadcastMessage | DealReport): Auth | Promise<Auth>;

  /** Our signature under a confirmation of ours; always for the same text. */
  signConfirmation(confirmation: Confirmation): Auth | Promise<Auth>;

  /**
   * Who said this to us.
   * @returns a refusal, when nobody that we deal with did: ERR_UNSIGNED, ERR_SIGNATURE, ERR_PROTOCOL_VERSION, or
   * ERR_OVERLOADED while too many desks speak to us for the first time
   */
  authenticate(message: Message, auth: unknown): Sender | Refusal | Promise<Sender | Refusal>;

  /**
   * What travels as `auth` inside our answer: a signature under a confirmation and under the end of an offer, else a MAC. None
   * where the request had none.
   * @param terms of the offer, for a confirmation
   */
  signAnswer(
    request: Message,
    asked: Sender,
    answer: Answer,
    terms?: OfferTerms,
  ): AnswerAuth | undefined | Promise<AnswerAuth>;

  /**
   * Whether this is the answer of the desk `by` to this very request of ours.
   * @param terms of the offer, for a confirmation
   */
  verifyAnswer(
    request: Message,
    sent: MessageAuth | undefined,
    by: PeerId,
    answer: Answer,
    seal: AnswerAuth,
    terms?: OfferTerms,
  ): boolean;
}
