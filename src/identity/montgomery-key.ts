/**
 * Converts a desk's ed25519 keys to X25519 (RFC 7748, section 4.1), so that a message can be encrypted to a desk when only its id is known.
 *
 * Using one key for both is secure here: EdDSA and a KEM that hashes the Diffie-Hellman result and both public keys, like ours, are
 * jointly secure (E. Thormarker, "On using the same key pair for Ed25519 and an X25519 based KEM", IACR ePrint 2021/509). libsodium
 * and age do the same.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import type { KeyObject } from 'node:crypto';
import { GrapevineError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { isDeskId } from '../wire/desk-id.ts';
import { rawKey } from './desk-id.ts';

/** @throws GrapevineError ERR_SEALED for an id that is not a public key, or one of small order: everybody knows its secret */
export function montgomeryPublicKey(id: PeerId): Uint8Array {
  if (isDeskId(id) && isSecure(id)) return ed25519.utils.toMontgomery(Buffer.from(id, 'hex'));
  throw new GrapevineError(
    'ERR_SEALED',
    'a message cannot be sealed to this id: it is not a secure ed25519 public key',
  );
}

function isSecure(id: PeerId): boolean {
  try {
    return !ed25519.Point.fromHex(id).isSmallOrder();
  } catch {
    return false;
  }
}

/** @param key ed25519, private */
export function montgomerySecretKey(key: KeyObject): Uint8Array {
  return ed25519.utils.toMontgomerySecret(rawKey(key).seed);
}
