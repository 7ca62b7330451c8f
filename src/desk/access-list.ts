/**
 * The desks that this desk deals with: those on the allow list (all, if there is none), except those on the deny list
 * and those that signed two contradicting statements. The lists apply to new business only: deals in progress are
 * completed.
 */
import type { PeerId } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';

export interface AccessLists {
  /** Only these desks; undefined: all. */
  readonly allow?: readonly string[] | undefined;
  /** Never these desks, even if they are on `allow`. */
  readonly deny?: readonly string[] | undefined;
}

export class AccessList {
  #allow: ReadonlySet<string> | null = null;
  #deny: ReadonlySet<string> = new Set();
  readonly #banned = new Set<string>();

  constructor(lists: AccessLists = {}) {
    this.set(lists);
  }

  set({ allow, deny = [] }: AccessLists): void {
    this.#allow = allow === undefined ? null : new Set(allow);
    this.#deny = new Set(deny);
  }

  /** @returns false when the list of bans is full: anybody can make any number of keys, and our memory is limited */
  ban(id: PeerId): boolean {
    if (this.#banned.size >= DESK_LIMITS.bannedDesksMax) return this.#banned.has(id);
    this.#banned.add(id);
    return true;
  }

  isBanned(id: PeerId): boolean {
    return this.#banned.has(id);
  }

  /** Whether the operator put it on the allow list, and not on the deny list. */
  isNamed(id: PeerId): boolean {
    return this.#allow?.has(id) === true && this.admits(id);
  }

  /** Whether we do new business with the desk: the lists admit it, and it is not banned. */
  allows(id: PeerId): boolean {
    return this.admits(id) && !this.isBanned(id);
  }

  /** Whether the lists admit the desk; bans do not count. */
  admits(id: PeerId): boolean {
    return !this.#deny.has(id) && this.#allow?.has(id) !== false;
  }
}
