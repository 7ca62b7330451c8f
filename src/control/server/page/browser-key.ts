/**
 * The key with which a browser that had a session proves, after a restart of the desk, that it is the same browser: ECDSA on P-256,
 * which every browser has. The signed text contains the page's origin and a challenge of this start, so that another program on the
 * port in the meantime learns nothing that opens the page.
 */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';

const POINT_BYTES = 65;
const COORDINATE_BYTES = 32;
const UNCOMPRESSED = 4;

/** The bytes that a browser signs; src/web/data/session.ts makes the same. */
export function textToSign(origin: string, challenge: string): string {
  return `grapevine page resume 1\n${origin}\n${challenge}`;
}

export function isBrowserKey(key: string): boolean {
  return keyObjectOf(key) !== null;
}

/** @param key (a point) and signature (r and s), both in base64url without padding */
export function isSignedBy(key: string, text: string, signature: string): boolean {
  const publicKey = keyObjectOf(key);
  if (publicKey === null) return false;
  const bytes = Buffer.from(signature, 'base64url');
  return verify('sha256', Buffer.from(text), { key: publicKey, dsaEncoding: 'ieee-p1363' }, bytes);
}

/** Null if it is not a point on the curve. */
function keyObjectOf(key: string): KeyObject | null {
  const point = Buffer.from(key, 'base64url');
  if (point.length !== POINT_BYTES || point[0] !== UNCOMPRESSED || point.toString('base64url') !== key) return null;
  const [x, y] = [point.subarray(1, 1 + COORDINATE_BYTES), point.subarray(1 + COORDINATE_BYTES)];
  const jwk = { kty: 'EC', crv: 'P-256', x: x.toString('base64url'), y: y.toString('base64url') };
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return null;
  }
}
