/** The identity of this desk: it signs our messages and authenticates those of others. */
import type { PeerId } from '../protocol/ids.ts';
import type {
  Answer,
  AnswerAuth,
  BroadcastMessage,
  Confirmation,
  DealReport,
  Message,
  MessageAuth,
  OfferTerms,
  Peer,
  Refusal,
  Signature,
} from '../protocol/messages.ts';

/**
 * Which messages a desk accepts. `signed`: only those with a valid signature or MAC. `open`: also unsigned messages of
 * clients of the original, which can't sign. If the claimed author is a desk's key, the proof is required with `open`
 * as well.
 */
export type Trust = 'signed' | 'open';

/**
 * The author of a message, called *speaker* in docs/PROTOCOL.md. Another desk may have sent the message: offers are
 * passed on and listed.
 */
export interface Author {
  /** Null for a message of a client of the original that names no author. */
  readonly peer: Peer | null;
  /** Absent when the author is only claimed. */
  readonly auth?: MessageAuth;
}

export interface Identity {
  readonly id: PeerId;

  /**
   * The `auth` of our message: a signature if a third party may have to verify it, else a MAC. Undefined if the recipient
   * has no key.
   */
  sign(message: Message): MessageAuth | undefined | Promise<MessageAuth>;

  /** Signs a broadcast or a report about a deal. The same message always gets the same signature. */
  signFact(message: BroadcastMessage | DealReport): Signature | Promise<Signature>;

  /** Signs our confirmation. The same confirmation always gets the same signature. */
  signConfirmation(confirmation: Confirmation): Signature | Promise<Signature>;

  /**
   * Establishes the author of a message.
   * @returns a refusal if that is not possible: ERR_UNSIGNED, ERR_SIGNATURE, ERR_PROTOCOL_VERSION, or ERR_OVERLOADED
   * while too many desks contact us for the first time
   */
  authenticate(message: Message, auth: unknown): Author | Refusal | Promise<Author | Refusal>;

  /**
   * The `auth` of our answer: a signature for a confirmation and for the end of an offer, else a MAC. Undefined if the
   * request had no `auth`.
   * @param terms of the offer; required for a confirmation
   */
  signAnswer(
    request: Message,
    asked: Author,
    answer: Answer,
    terms?: OfferTerms,
  ): AnswerAuth | undefined | Promise<AnswerAuth>;

  /**
   * Whether the desk `by` gave this answer to this request of ours.
   * @param terms of the offer; required for a confirmation
   */
  verifyAnswer(
    request: Message,
    sent: MessageAuth | undefined,
    by: PeerId,
    answer: Answer,
    auth: AnswerAuth,
    terms?: OfferTerms,
  ): boolean;
}
