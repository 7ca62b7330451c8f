/** How a desk signs, and how it looks at the signatures of others. The simulator has a cheaper one than ed25519. */
import type { PeerId } from '../protocol/ids.ts';

export interface SignatureScheme {
  /** Of ours, as unpadded base64url of 64 bytes; the same text always gives the same signature. */
  readonly sign: (text: string) => string;
  /** Whether this is the signature of the desk `id` under `text`. Never throws. */
  readonly verify: (id: PeerId, text: string, sig: string) => boolean;
  /** The same on another thread, where there is one; else {@link verify} is used. */
  readonly verifyAside?: (id: PeerId, text: string, sig: string) => Promise<boolean>;
  /** What we and that other desk alone can make of a text: unpadded base64url of 32 bytes. Null where nothing is shared. */
  readonly mac: (other: PeerId, text: string) => string | null;
  /**
   * False while too many desks speak to us for the first time: the key that we share with one costs much more than a MAC under
   * it. Always true where this is missing.
   */
  readonly hasRoomFor?: (other: PeerId) => boolean;
}
