/** A desk's id is its ed25519 public key in hex. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { PeerId } from '../protocol/ids.ts';

/** The 32 bytes of each half. */
export function rawKey(key: KeyObject): { readonly publicKey: Buffer; readonly seed: Buffer } {
  const { x = '', d = '' } = key.export({ format: 'jwk' });
  return { publicKey: Buffer.from(x, 'base64url'), seed: Buffer.from(d, 'base64url') };
}

/** The 64 hex digits of the public half. */
export function deskIdOf(key: KeyObject): PeerId {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url').toString('hex') as PeerId;
}
