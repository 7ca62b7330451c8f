/** Keys for desks on hyperdht, where an id is always a key. */
import { generateKeyPairSync } from 'node:crypto';

export interface HyperdhtKey {
  readonly id: string;
  readonly publicKey: Buffer;
  readonly seed: Buffer;
}

export function hyperdhtKey(): HyperdhtKey {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  return { id: publicKey.toString('hex'), publicKey, seed: Buffer.from(d, 'base64url') };
}
