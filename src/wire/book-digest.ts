/**
 * A digest of a desk's book, in a few hundred bytes: the offers are spread over buckets, and each bucket has the XOR of
 * a 32-bit hash of each of its offers. Two desks compare digests and exchange only the buckets that differ. It is not a
 * proof: a maker can create offers whose hashes cancel out, but these hide only its own offers. Source:
 * docs/PROTOCOL.md, "Late comers".
 */
import { hashOf } from '../protocol/back-off.ts';
import type { OfferId, PeerId } from '../protocol/ids.ts';

const BUCKETS = 64;
const BUCKET_DIGITS = 8;

/** In hex digits. */
export const DIGEST_LENGTH = BUCKETS * BUCKET_DIGITS;

interface OfferNames {
  readonly maker: PeerId;
  readonly offerId: OfferId;
}

export class BookDigest {
  readonly #buckets = new Uint32Array(BUCKETS);

  constructor(offers: Iterable<OfferNames>) {
    for (const offer of offers) {
      const bucket = bucketOf(offer);
      this.#buckets[bucket] = ((this.#buckets[bucket] ?? 0) ^ hashOf(`${offer.offerId} in ${offer.maker}`)) >>> 0;
    }
  }

  toString(): string {
    return [...this.#buckets].map((bits) => bits.toString(16).padStart(BUCKET_DIGITS, '0')).join('');
  }

  /** Whether the other digest has the same bucket for this offer. */
  agreesOn(offer: OfferNames, other: string): boolean {
    const bucket = bucketOf(offer);
    const start = bucket * BUCKET_DIGITS;
    return Number.parseInt(other.slice(start, start + BUCKET_DIGITS), 16) === this.#buckets[bucket];
  }
}

function bucketOf({ maker, offerId }: OfferNames): number {
  return hashOf(`${offerId} of ${maker}`) % BUCKETS;
}
