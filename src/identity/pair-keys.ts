/**
 * A secret that two desks share without having spoken: from the X25519 keys that belong to their ids. A MAC under it proves to
 * one of them that the other said it, at a fraction of the price of a signature, and proves nothing to anybody else: so it
 * serves for what only its receiver has to believe. Source: docs/PROTOCOL.md, "Signatures and MACs".
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
  /** Null: no secret can be shared with that id. */
  readonly #shared = new LRUCache<PeerId, { readonly key: Buffer | null }>({ max: IDENTITY_LIMITS.publicKeysCached });

  /** Keys that may be derived for others at the moment, and when that was counted. */
  #room: number = IDENTITY_LIMITS.newPairsAtOnce;
  #countedAt: number;
  readonly #now: () => number;

  /**
   * @param key the desk's own: ed25519, private
   * @param now in milliseconds, never going back
   */
  constructor(key: KeyObject, now: () => number = () => performance.now()) {
    this.#key = key;
    this.#id = deskIdOf(key);
    this.#now = now;
    this.#countedAt = now();
  }

  /**
   * Whether we may look at a MAC of that desk, which we have not asked for: true if its key is known, else while not too many
   * others were derived in the last second. What we say by ourselves is not counted.
   */
  hasRoomFor(other: PeerId): boolean {
    if (this.#shared.has(other)) return true;
    const now = this.#now();
    const gained = ((now - this.#countedAt) * IDENTITY_LIMITS.newPairsPerSecond) / 1_000;
    this.#room = Math.min(IDENTITY_LIMITS.newPairsAtOnce, this.#room + gained);
    this.#countedAt = now;
    if (this.#room < 1) return false;
    this.#room -= 1;
    return true;
  }

  /** Unpadded base64url of 32 bytes; null where no secret can be shared. Both ends get the same for the same text. */
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
