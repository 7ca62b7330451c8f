/** Who this desk is, and who it takes others for. */
import type { PeerId } from '../protocol/ids.ts';
import type { Answer, AnswerSeal, Auth, Message, Peer, Refusal } from '../protocol/messages.ts';
import type { Proves } from '../protocol/step.ts';

/**
 * Whom a desk believes. `signed`: only what is signed by the one in whose name it is said. `open`: also clients of the
 * original, which can't sign and are taken at their word; but a name that is a key is proven here as well.
 */
export type Trust = 'signed' | 'open';

/** The sender of a message. */
export interface Sender {
  /** Null for what a client of the original says without a name. */
  readonly peer: Peer | null;
  /** Absent when it was taken at its word. */
  readonly auth?: Auth;
  /** The signature is well-formed, and has not been looked at: see {@link Identity.proves}. */
  readonly unproven?: true;
}

export interface Identity {
  readonly id: PeerId;
  readonly trust: Trust;

  /**
   * What travels as `auth` beside a message of ours.
   * @param nonce for what is signed again; a fresh one by default, none for facts
   */
  sign(message: Message, nonce?: string): Auth;

  /**
   * Who said this. Acceptances come back `unproven`: there may be many of them, and only those matter that come to the
   * head of their queue.
   * @returns a refusal, ERR_UNSIGNED or ERR_SIGNATURE, when nobody that we deal with did
   */
  establish(message: Message, auth: unknown): Sender | Refusal | Promise<Sender | Refusal>;

  readonly proves: Proves;

  /**
   * What travels as `auth` inside our answer; none where the request had none. A signature under whatever decides
   * something; a MAC will do for the rest.
   */
  signAnswer(request: Message, asked: Sender, answer: Answer): AnswerSeal | undefined;

  /** Whether this is the answer of the desk `by` to this very request of ours. */
  vouches(request: Message, sent: Auth, by: PeerId, answer: Answer, seal: AnswerSeal): boolean;
}
