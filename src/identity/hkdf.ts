/** HKDF with SHA-256 (RFC 5869) in two separate steps. Node's own does both at once and takes twice as long. */
import { createHmac } from 'node:crypto';

const HASH = 'sha256';
export const HASH_BYTES = 32;

export function hkdfExtract(salt: Uint8Array, secret: Uint8Array): Buffer {
  const key = salt.length === 0 ? Buffer.alloc(HASH_BYTES) : salt;
  return createHmac(HASH, key).update(secret).digest();
}

/** @param length at most 255 * {@link HASH_BYTES} */
export function hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = [];
  let last = Buffer.alloc(0);
  for (let count = 1; blocks.length * HASH_BYTES < length; count++) {
    last = createHmac(HASH, prk).update(last).update(info).update(Buffer.of(count)).digest();
    blocks.push(last);
  }
  return Buffer.concat(blocks).subarray(0, length);
}
