/**
 * Tells of most offers that a journal has never heard of them, without asking it: a Bloom filter over their ids. Nearly every offer that
 * a desk looks for is new, and a look into the file costs more than all else that is done to find it. Offers whose ids are the same,
 * or whose bits are all set by others, are looked for in the file; so whoever chooses ids can cost us that look, and nothing else.
 */

/** Bits for each offer: with three probes fewer than 1 in 30 new offers is looked for in vain. */
const BITS_PER_OFFER = 8;
/** Room for so many more than there were when it was made. With more than that it spares fewer look-ups. */
const OFFERS_MIN = 131_072;
const GROWTH = 4;
const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

export class OfferFilter {
  readonly #words: Uint32Array;
  readonly #mask: number;

  /** @param count of offers that are known at the beginning; they still have to be added */
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

/** FNV-1a, and the same again with another mix: two hashes are as good as three independent ones (Kirsch and Mitzenmacher). */
function hashesOf(text: string): [first: number, step: number] {
  let hash = OFFSET_BASIS;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return [hash >>> 0, ((mixed ^ (mixed >>> 13)) | 1) >>> 0];
}
