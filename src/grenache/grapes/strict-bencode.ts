/**
 * A strict bencode decoder. It rejects what the decoder of the DHT accepts: floats, negative lengths, incomplete values,
 * deep nesting, duplicate keys, and the key `__proto__`, which could give an object the prototype of a Buffer.
 */
export type Bencoded = number | Buffer | readonly Bencoded[] | BencodedDictionary;
export type BencodedDictionary = ReadonlyMap<string, Bencoded>;

const MAX_DEPTH = 5;
const MAX_DIGITS = 15;

const COLON = 0x3a;
const MINUS = 0x2d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const DICTIONARY = 0x64;
const END = 0x65;
const INTEGER = 0x69;
const LIST = 0x6c;

/** @returns null unless the packet is exactly one value. Never throws. */
export function decodeStrictly(packet: Buffer): Bencoded | null {
  try {
    const reader = new Reader(packet);
    const value = reader.value(0);
    return reader.atEnd ? value : null;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

class Malformed extends Error {}

class Reader {
  readonly #data: Buffer;
  #at = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  get atEnd(): boolean {
    return this.#at === this.#data.length;
  }

  value(depth: number): Bencoded {
    if (depth > MAX_DEPTH) throw new Malformed();
    switch (this.#data[this.#at]) {
      case DICTIONARY:
        return this.#dictionary(depth);
      case LIST:
        return this.#list(depth);
      case INTEGER:
        this.#at++;
        return this.#digits(END, true);
      default:
        return this.#bytes();
    }
  }

  #dictionary(depth: number): BencodedDictionary {
    const entries = new Map<string, Bencoded>();
    this.#at++;
    while (this.#data[this.#at] !== END) {
      const key = this.#bytes().toString('latin1');
      if (key === '__proto__' || entries.has(key)) throw new Malformed();
      entries.set(key, this.value(depth + 1));
    }
    this.#at++;
    return entries;
  }

  #list(depth: number): Bencoded[] {
    const items: Bencoded[] = [];
    this.#at++;
    while (this.#data[this.#at] !== END) items.push(this.value(depth + 1));
    this.#at++;
    return items;
  }

  #bytes(): Buffer {
    const length = this.#digits(COLON, false);
    const start = this.#at;
    if (length > this.#data.length - start) throw new Malformed();
    this.#at += length;
    return this.#data.subarray(start, this.#at);
  }

  #digits(end: number, signed: boolean): number {
    const negative = signed && this.#data[this.#at] === MINUS;
    if (negative) this.#at++;
    const start = this.#at;
    let number = 0;
    for (;;) {
      const code = this.#data[this.#at];
      if (code === undefined || this.#at - start > MAX_DIGITS) throw new Malformed();
      if (code === end && this.#at > start) break;
      if (code < DIGIT_0 || code > DIGIT_9) throw new Malformed();
      number = number * 10 + (code - DIGIT_0);
      this.#at++;
    }
    this.#at++;
    return negative ? -number : number;
  }
}
