/**
 * With whom a desk deals. A list of those whom it deals with, where there is one; never with those on the other list, and
 * never again with a desk that has signed two things that contradict each other. A circle is about new business: what is
 * under way with somebody is brought to its end.
 */
import type { PeerId } from '../protocol/ids.ts';

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

  constructor(lists: CircleLists = {}) {
    this.set(lists);
  }

  set({ allow, deny = [] }: CircleLists): void {
    this.#allow = allow === undefined ? null : new Set(allow);
    this.#deny = new Set(deny);
  }

  condemn(id: PeerId): void {
    this.#guilty.add(id);
  }

  isGuilty(id: PeerId): boolean {
    return this.#guilty.has(id);
  }

  admits(id: PeerId): boolean {
    return !this.#deny.has(id) && this.#allow?.has(id) !== false;
  }
}
