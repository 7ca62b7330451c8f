/**
 * Strict ed25519 (RFC 8032) on node:crypto: each key and each signature has one valid encoding, and keys of small order are rejected,
 * because one signature by them is valid for many messages. OpenSSL itself rejects an unreduced `S` and compares `R` byte by byte.
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
 * "Curve25519", list of small-order points, in Edwards form. Their non-canonical encodings are rejected by `isCanonical`.
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

/** Creating a key object costs as much as a verification. Null: not a usable key. */
const keys = new LRUCache<string, { readonly key: KeyObject | null }>({ max: IDENTITY_LIMITS.publicKeysCached });

/** Whether an id is a usable public key. */
export function isPublicKey(id: string): boolean {
  return publicKeyOf(id) !== null;
}

/** @returns true only for the canonical signature of exactly this text by this key. Never throws. */
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
    verifyAsync,
    mac: (other, text) => pairKeys.mac(other, text),
    isWithinRateLimit: (other) => pairKeys.isWithinRateLimit(other),
  };
}

/** Runs on the thread pool: a verification takes three times as long as everything else that a desk does with a message. */
function verifyAsync(id: string, text: string, sig: string): Promise<boolean> {
  const key = publicKeyOf(id);
  const signature = readSignature(sig);
  if (key === null || signature === null) return Promise.resolve(false);
  return new Promise((resolve) => {
    verify(null, Buffer.from(text), key, signature, (error, isGenuine) => {
      resolve(error === null && isGenuine);
    });
  });
}

/** Like `verifyEd25519`, for a signature in base64url. */
export function verifySignature(id: string, text: string, sig: string): boolean {
  const signature = readSignature(sig);
  return signature !== null && verifyEd25519(id, text, signature);
}

/** Node decodes many spellings of base64url; only the canonical one is accepted. */
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
