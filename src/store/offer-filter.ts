/**
 * A Bloom filter of the offer ids in a journal: it shows for most new offers, without a query, that the journal has no records of them.
 * Nearly every offer that a desk looks up is new, and a query costs more than the rest of the lookup. Ids chosen by an attacker can cause
 * queries, but nothing worse.
 */

/** Bits per offer: with three probes, fewer than 1 in 30 new offers cause a query. */
const BITS_PER_OFFER = 8;
/** The filter has space for `GROWTH` times the initial offers, at least for `OFFERS_MIN`. With more it avoids fewer queries. */
const OFFERS_MIN = 131_072;
const GROWTH = 4;
const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

export class OfferFilter {
  readonly #words: Uint32Array;
  readonly #mask: number;

  /** @param count number of initial offers; the caller must still add them */
  constructor(count: number) {
    const bits = 2 ** Math.ceil(Math.log2(Math.max(OFFERS_MIN, count * GROWTH) * BITS_PER_OFFER));
    this.#words = new Uint32Array(bits / 32);
    this.#mask = bits - 1;
  }

  add(offerId: string): void {
    const [first, step] = hashesOf(offerId);
    this.#set(first);
    this.#set(first + step);
    this.#set(first + 2 * step);
  }

  /** @returns false only for an id that was never added */
  mayHave(offerId: string): boolean {
    const [first, step] = hashesOf(offerId);
    return this.#isSet(first) && this.#isSet(first + step) && this.#isSet(first + 2 * step);
  }

  #set(hash: number): void {
    const bit = (hash & this.#mask) >>> 0;
    const word = bit >>> 5;
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (bit & 31));
  }

  #isSet(hash: number): boolean {
    const bit = (hash & this.#mask) >>> 0;
    return ((this.#words[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }
}

/** FNV-1a, and a second hash mixed from it: two hashes are as good as three independent ones (Kirsch and Mitzenmacher). */
function hashesOf(text: string): [first: number, step: number] {
  let hash = OFFSET_BASIS;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return [hash >>> 0, ((mixed ^ (mixed >>> 13)) | 1) >>> 0];
}
