/** ChaCha20-Poly1305 (RFC 8439) from node:crypto; the tag follows the ciphertext (RFC 5116). */
import { createCipheriv, createDecipheriv } from 'node:crypto';

export const TEXT_KEY_BYTES = 32;
export const TEXT_NONCE_BYTES = 12;
export const TEXT_TAG_BYTES = 16;

const CIPHER = 'chacha20-poly1305';
const OPTIONS = { authTagLength: TEXT_TAG_BYTES };

export function sealText(key: Buffer, nonce: Buffer, text: Buffer, aad: Uint8Array = Buffer.alloc(0)): Buffer {
  const cipher = createCipheriv(CIPHER, key, nonce, OPTIONS);
  cipher.setAAD(aad, { plaintextLength: text.length });
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

/** @throws Error when it was modified, or sealed with another key, nonce or aad */
export function openText(key: Buffer, nonce: Buffer, sealed: Buffer, aad: Uint8Array = Buffer.alloc(0)): Buffer {
  if (sealed.length < TEXT_TAG_BYTES) throw new Error('too short for its tag');
  const textLength = sealed.length - TEXT_TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, nonce, OPTIONS);
  decipher.setAAD(aad, { plaintextLength: textLength });
  decipher.setAuthTag(sealed.subarray(textLength));
  return Buffer.concat([decipher.update(sealed.subarray(0, textLength)), decipher.final()]);
}
