/**
 * The only random source of a simulation. Each part of a world has its own dice from the same seed. So one more draw in one part does not
 * change the others, and a failure can be reproduced.
 */
export class Dice {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param label distinguishes the dice of one seed */
  constructor(seed: number, label = '') {
    let state = (Math.imul(seed >>> 0, 0x9e3779b9) ^ Math.floor(seed / 2 ** 32) ^ hash(label)) >>> 0;
    const split = (): number => {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) >>> 0;
    };
    this.#a = split();
    this.#b = split();
    this.#c = split();
    for (let warmUp = 0; warmUp < 8; warmUp += 1) this.#next();
  }

  /** In [0, 1). */
  fraction(): number {
    return this.#next() / 2 ** 32;
  }

  /** Draws nothing if the result is certain, so that a disabled fault changes nothing else. */
  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability;
  }

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  /** Like `whole`, but uniform on a logarithmic scale. `min` is at least 1. */
  spread(min: number, max: number): number {
    return Math.round(min * (max / min) ** this.fraction());
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item;
  pick<Item>(items: readonly Item[]): Item | undefined;
  pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.fraction() * items.length)];
  }

  hex(bytes: number): string {
    let text = '';
    for (let byte = 0; byte < bytes; byte += 1) text += (this.#next() >>> 24).toString(16).padStart(2, '0');
    return text;
  }

  /** sfc32 by Chris Doty-Humphrey: fast, and good enough. */
  #next(): number {
    const result = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0;
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) >>> 0;
    return result;
  }
}

/** FNV-1a. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
