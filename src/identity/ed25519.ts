/**
 * ed25519 as RFC 8032 has it, on node:crypto, and strictly: one spelling of each key and each signature, and no key of small
 * order, under which one signature would fit many messages. OpenSSL itself refuses an `S` that is not reduced, and compares
 * `R` byte by byte.
 */
import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { IDENTITY_LIMITS } from './limits.ts';
import { PairKeys } from './pair-keys.ts';
import type { SignatureScheme } from './signature-scheme.ts';

const KEY = /^[0-9a-f]{64}$/;
const SIGNATURE_BYTES = 64;
const SIGN_BIT = 0x80;

/**
 * The y coordinates of the points of order 1, 2, 4 and 8, little-endian, without the sign of x. Source: D. J. Bernstein,
 * "Curve25519", list of small-order points, in Edwards form; their non-canonical spellings are refused as such.
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

/** Making a key object costs as much as a verification. Null: not a key that may be used. */
const keys = new LRUCache<string, { readonly key: KeyObject | null }>({ max: IDENTITY_LIMITS.publicKeysCached });

/** Whether an id is a public key that signatures can be made for. */
export function isPublicKey(id: string): boolean {
  return publicKeyOf(id) !== null;
}

/** @returns true only for the one canonical signature of this very text by the holder of this key. Never throws. */
export function verifyEd25519(id: string, text: string | Buffer, signature: Buffer): boolean {
  const key = publicKeyOf(id);
  if (key === null || signature.length !== SIGNATURE_BYTES) return false;
  return verify(null, typeof text === 'string' ? Buffer.from(text) : text, key, signature);
}

/** @param privateKey of type ed25519 */
export function ed25519Scheme(privateKey: KeyObject): SignatureScheme {
  const pairKeys = new PairKeys(privateKey);
  return {
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
    verify: verifySignature,
    verifyAside,
    mac: (other, text) => pairKeys.mac(other, text),
    hasRoomFor: (other) => pairKeys.hasRoomFor(other),
  };
}

/** On node's thread pool: three times as long as all else that a desk does with a message, so the event loop goes on. */
function verifyAside(id: string, text: string, sig: string): Promise<boolean> {
  const key = publicKeyOf(id);
  const signature = readSignature(sig);
  if (key === null || signature === null) return Promise.resolve(false);
  return new Promise((resolve) => {
    verify(null, Buffer.from(text), key, signature, (error, isGenuine) => {
      resolve(error === null && isGenuine);
    });
  });
}

/** The same for a signature as it travels. */
export function verifySignature(id: string, text: string, sig: string): boolean {
  const signature = readSignature(sig);
  return signature !== null && verifyEd25519(id, text, signature);
}

/** Node reads whatever looks like base64; only one spelling counts. */
function readSignature(sig: string): Buffer | null {
  const signature = Buffer.from(sig, 'base64url');
  return signature.length === SIGNATURE_BYTES && signature.toString('base64url') === sig ? signature : null;
}

function publicKeyOf(id: string): KeyObject | null {
  const known = keys.get(id);
  if (known !== undefined) return known.key;
  const key = readPublicKey(id);
  keys.set(id, { key });
  return key;
}

function readPublicKey(id: string): KeyObject | null {
  if (!KEY.test(id)) return null;
  const bytes = Buffer.from(id, 'hex');
  if (!isCanonical(bytes) || isOfSmallOrder(bytes)) return null;
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' });
}

/** y is below p = 2^255 - 19. */
function isCanonical(bytes: Buffer): boolean {
  const top = (bytes[31] ?? 0) & ~SIGN_BIT;
  return top !== 0x7f || (bytes[0] ?? 0) < 0xed || bytes.subarray(1, 31).some((byte) => byte !== 0xff);
}

function isOfSmallOrder(bytes: Buffer): boolean {
  const y = Buffer.from(bytes);
  y[31] = (y[31] ?? 0) & ~SIGN_BIT;
  return SMALL_ORDER.has(y.toString('hex'));
}
