/** A desk's id is its ed25519 public key in hex. */
import type { KeyObject } from 'node:crypto';
import type { PeerId } from '../protocol/ids.ts';

/** The 32 bytes of each half of an ed25519 private key. */
export function rawKey(key: KeyObject): { readonly publicKey: Buffer; readonly seed: Buffer } {
  const { x = '', d = '' } = key.export({ format: 'jwk' });
  return { publicKey: Buffer.from(x, 'base64url'), seed: Buffer.from(d, 'base64url') };
}

/** @param key ed25519, private */
export function deskIdOf(key: KeyObject): PeerId {
  return rawKey(key).publicKey.toString('hex') as PeerId;
}
