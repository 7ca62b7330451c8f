/**
 * The desks that this desk deals with: those on the allow list (without one, all), except those on the deny list and those that
 * have signed two statements that contradict each other. This is only about new business: deals in progress are completed.
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
