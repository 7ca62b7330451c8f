/**
 * What a desk has in its book, in a few hundred bytes: its offers, spread over buckets, and of each bucket the XOR of 32 bits of
 * each offer in it. Two desks compare digests to find the buckets in which they differ, and exchange these alone. It is no proof
 * of anything: whoever makes two offers that hide each other hides offers of its own. Source: docs/PROTOCOL.md, "Late comers".
 */
import { hashOf } from '../protocol/back-off.ts';
import type { OfferId, PeerId } from '../protocol/ids.ts';

const BUCKETS = 64;
const BUCKET_DIGITS = 8;

/** Hex digits. */
export const DIGEST_LENGTH = BUCKETS * BUCKET_DIGITS;

interface Named {
  readonly maker: PeerId;
  readonly offerId: OfferId;
}

export class BookDigest {
  readonly #buckets = new Uint32Array(BUCKETS);

  constructor(offers: Iterable<Named>) {
    for (const offer of offers) {
      const bucket = bucketOf(offer);
      this.#buckets[bucket] = ((this.#buckets[bucket] ?? 0) ^ hashOf(`${offer.offerId} in ${offer.maker}`)) >>> 0;
    }
  }

  toString(): string {
    return [...this.#buckets].map((bits) => bits.toString(16).padStart(BUCKET_DIGITS, '0')).join('');
  }

  /** Whether the other one has the same in the bucket of that offer. */
  agreesOn(offer: Named, other: string): boolean {
    const bucket = bucketOf(offer);
    const start = bucket * BUCKET_DIGITS;
    return Number.parseInt(other.slice(start, start + BUCKET_DIGITS), 16) === this.#buckets[bucket];
  }
}

function bucketOf({ maker, offerId }: Named): number {
  return hashOf(`${offerId} of ${maker}`) % BUCKETS;
}
