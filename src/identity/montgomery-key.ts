/**
 * The X25519 keys that belong to a desk's ed25519 keys (RFC 7748, section 4.1), so that an id is all one needs to know in
 * order to send a desk something that nobody else can read.
 *
 * One key for two purposes is sound here: EdDSA and a KEM like ours, which hashes the Diffie-Hellman result and both
 * public keys, are secure together (E. Thormarker, "On using the same key pair for Ed25519 and an X25519 based KEM", IACR
 * ePrint 2021/509). libsodium and age do the same.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import type { KeyObject } from 'node:crypto';
import { GrapevineError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { isDeskId } from '../wire/desk-id.ts';

/** @throws GrapevineError ERR_SEALED for an id that is no public key, or one that everybody could open for */
export function montgomeryPublicKey(id: PeerId): Uint8Array {
  if (isDeskId(id) && isSound(id)) return ed25519.utils.toMontgomery(Buffer.from(id, 'hex'));
  throw new GrapevineError('ERR_SEALED', 'nothing can be sealed to this id: it is no sound ed25519 public key');
}

function isSound(id: PeerId): boolean {
  try {
    return !ed25519.Point.fromHex(id).isSmallOrder();
  } catch {
    return false;
  }
}

/** @param key ed25519, private */
export function montgomerySecretKey(key: KeyObject): Uint8Array {
  const { d = '' } = key.export({ format: 'jwk' });
  return ed25519.utils.toMontgomerySecret(Buffer.from(d, 'base64url'));
}
