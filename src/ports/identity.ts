/** Who this desk is, and who it takes others for. */
import type { PeerId } from '../protocol/ids.ts';
import type { Message, Peer, Refusal } from '../protocol/messages.ts';

/** The sender of a message. `peer` is null for what a client of the original says without a name. */
export interface Sender {
  readonly peer: Peer | null;
  /** False: taken at its word, which only trust `open` does. */
  readonly verified: boolean;
}

export interface Identity {
  readonly id: PeerId;

  /** Whether what we hear from others is proven to be theirs. */
  readonly verifies: boolean;

  /** What travels as `auth` beside a message of ours; undefined for none. */
  seal(message: Message): unknown;

  /** Who said this; a refusal when nobody that we deal with did. */
  establish(message: Message, auth: unknown): Sender | Refusal;
}
