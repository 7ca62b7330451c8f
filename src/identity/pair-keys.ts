/**
 * MACs between two desks. The shared key is derived from the X25519 keys that belong to their ids, without any message between them. A
 * MAC is much cheaper than a signature, but proves the sender to its receiver only. Source: docs/PROTOCOL.md, "Signatures and MACs".
 */
import { createHmac, createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { PeerId } from '../protocol/ids.ts';
import { IDENTITY_LIMITS } from './limits.ts';
import { deskIdOf } from './desk-id.ts';
import { HASH_BYTES, hkdfExpand, hkdfExtract } from './hkdf.ts';
import { PROTOCOL_VERSION } from '../wire/statement.ts';
import { montgomeryPublicKey, montgomerySecretKey } from './montgomery-key.ts';

const TAG = `grapevine/${PROTOCOL_VERSION} mac`;

export class PairKeys {
  readonly #id: PeerId;
  readonly #key: KeyObject;
  #secret: KeyObject | null = null;
  /** Null: no key can be derived for that id. */
  readonly #shared = new LRUCache<PeerId, { readonly key: Buffer | null }>({ max: IDENTITY_LIMITS.publicKeysCached });

  /** A token bucket: the keys that may be derived for new senders, and when it was last refilled. */
  #tokens: number = IDENTITY_LIMITS.newPairsPerSecond;
  #refilledAt: number;
  readonly #now: () => number;

  /**
   * @param key the desk's own: ed25519, private
   * @param now monotonic clock in milliseconds
   */
  constructor(key: KeyObject, now: () => number = () => performance.now()) {
    this.#key = key;
    this.#id = deskIdOf(key);
    this.#now = now;
    this.#refilledAt = now();
  }

  /**
   * Whether to verify a MAC of this sender: true if its key is cached, else limited by `newPairsPerSecond`. Keys derived for our own
   * messages do not count.
   */
  isWithinRateLimit(other: PeerId): boolean {
    if (this.#shared.has(other)) return true;
    const now = this.#now();
    const gained = ((now - this.#refilledAt) * IDENTITY_LIMITS.newPairsPerSecond) / 1_000;
    this.#tokens = Math.min(IDENTITY_LIMITS.newPairsPerSecond, this.#tokens + gained);
    this.#refilledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Unpadded base64url of 32 bytes, the same at both desks; null when no key can be derived for that id. */
  mac(other: PeerId, text: string): string | null {
    const key = this.#sharedWith(other);
    return key === null ? null : createHmac('sha256', key).update(text).digest('base64url');
  }

  #sharedWith(other: PeerId): Buffer | null {
    const known = this.#shared.get(other);
    if (known !== undefined) return known.key;
    const key = this.#derive(other);
    this.#shared.set(other, { key });
    return key;
  }

  #derive(other: PeerId): Buffer | null {
    try {
      const publicKey = createPublicKey({ key: jwk(montgomeryPublicKey(other)), format: 'jwk' });
      const secret = diffieHellman({ privateKey: this.#ownSecret(), publicKey });
      const [first, second] = [this.#id, other].sort();
      return hkdfExpand(hkdfExtract(Buffer.alloc(0), secret), Buffer.from(`${TAG}\n${first}\n${second}`), HASH_BYTES);
    } catch {
      return null;
    }
  }

  #ownSecret(): KeyObject {
    this.#secret ??= createPrivateKey({
      key: {
        ...jwk(montgomeryPublicKey(this.#id)),
        d: Buffer.from(montgomerySecretKey(this.#key)).toString('base64url'),
      },
      format: 'jwk',
    });
    return this.#secret;
  }
}

function jwk(bytes: Uint8Array): { kty: string; crv: string; x: string } {
  return { kty: 'OKP', crv: 'X25519', x: Buffer.from(bytes).toString('base64url') };
}
