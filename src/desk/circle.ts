/**
 * With whom a desk deals. A list of those whom it deals with, where there is one; never with those on the other list, and
 * never again with a desk that has signed two things that contradict each other. A circle is about new business: what is
 * under way with somebody is brought to its end.
 */
import type { PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';

export interface CircleLists {
  /** Only these; undefined: everybody. */
  readonly allow?: readonly string[] | undefined;
  /** Not these, whatever `allow` says. */
  readonly deny?: readonly string[] | undefined;
}

export class Circle {
  #allow: ReadonlySet<string> | null = null;
  #deny: ReadonlySet<string> = new Set();
  readonly #guilty = new Set<string>();

  readonly #guiltyMax: number;

  constructor(lists: CircleLists = {}, guiltyMax: number = LIMITS.guiltyDesksMax) {
    this.#guiltyMax = guiltyMax;
    this.set(lists);
  }

  set({ allow, deny = [] }: CircleLists): void {
    this.#allow = allow === undefined ? null : new Set(allow);
    this.#deny = new Set(deny);
  }

  /** @returns false when there are too many already: a stranger has as many keys as he likes, and our memory has an end */
  condemn(id: PeerId): boolean {
    if (this.#guilty.size >= this.#guiltyMax) return this.#guilty.has(id);
    this.#guilty.add(id);
    return true;
  }

  isGuilty(id: PeerId): boolean {
    return this.#guilty.has(id);
  }

  admits(id: PeerId): boolean {
    return !this.#deny.has(id) && this.#allow?.has(id) !== false;
  }
}
