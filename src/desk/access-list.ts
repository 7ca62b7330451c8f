/**
 * With whom a desk deals. A list of those whom it deals with, where there is one; never with those on the other list, and
 * never again with a desk that has signed two things that contradict each other. It is about new business alone: what is
 * under way with somebody is brought to its end.
 */
import type { PeerId } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';

export interface AccessLists {
  /** Only these; undefined: everybody. */
  readonly allow?: readonly string[] | undefined;
  /** Not these, whatever `allow` says. */
  readonly deny?: readonly string[] | undefined;
}

export class AccessList {
  #allow: ReadonlySet<string> | null = null;
  #deny: ReadonlySet<string> = new Set();
  readonly #banned = new Set<string>();

  readonly #bannedMax: number;

  constructor(lists: AccessLists = {}, bannedMax: number = DESK_LIMITS.bannedDesksMax) {
    this.#bannedMax = bannedMax;
    this.set(lists);
  }

  set({ allow, deny = [] }: AccessLists): void {
    this.#allow = allow === undefined ? null : new Set(allow);
    this.#deny = new Set(deny);
  }

  /** @returns false when there are too many already: a stranger has as many keys as he likes, and our memory has an end */
  ban(id: PeerId): boolean {
    if (this.#banned.size >= this.#bannedMax) return this.#banned.has(id);
    this.#banned.add(id);
    return true;
  }

  isBanned(id: PeerId): boolean {
    return this.#banned.has(id);
  }

  /** An operator has put it on the list of those to deal with. */
  names(id: PeerId): boolean {
    return this.#allow?.has(id) === true && this.admits(id);
  }

  /** New business is done with it: the lists admit it, and it is not banned. */
  allows(id: PeerId): boolean {
    return this.admits(id) && !this.isBanned(id);
  }

  /** By the lists alone. */
  admits(id: PeerId): boolean {
    return !this.#deny.has(id) && this.#allow?.has(id) !== false;
  }
}
