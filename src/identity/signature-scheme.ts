/** How a desk signs, and how it looks at the signatures of others. The simulator has a cheaper one than ed25519. */
import type { PeerId } from '../protocol/ids.ts';

export interface SignatureScheme {
  /** Of ours, as unpadded base64url of 64 bytes; the same text always gives the same signature. */
  sign(text: string): string;
  /** Whether this is the signature of the desk `id` under `text`. Never throws. */
  verify(id: PeerId, text: string, sig: string): boolean;
}
