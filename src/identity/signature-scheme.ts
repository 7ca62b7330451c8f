/** Signing, verification and MACs of a desk. Ours is ed25519; the simulator has a cheaper one. */
import type { PeerId } from '../protocol/ids.ts';

export interface SignatureScheme {
  /** Our signature: unpadded base64url of 64 bytes, always the same for the same text. */
  readonly sign: (text: string) => string;
  /** Whether `sig` is the signature of desk `id` for `text`. Never throws. */
  readonly verify: (id: PeerId, text: string, sig: string) => boolean;
  /** Like {@link verify}, on another thread. */
  readonly verifyAsync?: (id: PeerId, text: string, sig: string) => Promise<boolean>;
  /** A MAC under the key that only we and the other desk have: unpadded base64url of 32 bytes. Null without such a key. */
  readonly mac: (other: PeerId, text: string) => string | null;
  /** False while too many new desks send to us: deriving a shared key costs much more than a MAC. Missing: no limit. */
  readonly isWithinRateLimit?: (other: PeerId) => boolean;
}
