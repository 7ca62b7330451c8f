/**
 * Clients of the original among more desks than a lookup gives. They keep no links, and a maker finds few of them; so each desk
 * watches over some addresses, chosen by a hash of its id and the address so that each address has about twelve desks that do. What such an
 * address says to a hello tells whether it is a desk; one that answers anything else gets each fact from those who watch over it,
 * which it may so receive several times, as it does when a maker announces again.
 *
 * Only lookups lead to an address, never what a peer says; and one that nobody answers at is left alone. So whoever announces the address
 * of somebody else has it sent a hello by about twelve desks, and then again each time it is found.
 */
import { fractionOf } from '../protocol/back-off.ts';
import type { PeerId } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';

/** How much the latest pair of lookups counts in the estimate. */
const NEWEST_WEIGHT = 0.2;

export class Originals {
  readonly #self: PeerId;
  /** Addresses of desks that we watch over, and of others. */
  readonly #desks = new Set<string>();
  readonly #others = new Set<string>();
  #latest: ReadonlySet<string> = new Set();
  /** Of the addresses of one lookup, the part that was in the one before. */
  #repeated = 1;

  constructor(self: PeerId) {
    this.#self = self;
  }

  /** Answer without being desks, as far as we watch over them. */
  get addresses(): readonly string[] {
    return [...this.#others].filter((address) => this.#watches(address));
  }

  /** How many announce the shared service: a lookup finds a random part of them, and the next one finds some of it again. */
  get networkSize(): number {
    return Math.max(this.#latest.size, this.#latest.size / Math.max(this.#repeated, 1 / DESK_LIMITS.peersMax));
  }

  /** @returns those of a lookup that we watch over and don't know as desks: say hello to them */
  found(addresses: readonly string[]): readonly string[] {
    const repeated = addresses.filter((address) => this.#latest.has(address)).length;
    // The same lookup once more tells nothing.
    const isNew = repeated < addresses.length;
    if (isNew && this.#latest.size > 0)
      this.#repeated += NEWEST_WEIGHT * (repeated / addresses.length - this.#repeated);
    this.#latest = new Set(addresses);
    return addresses.filter((address) => !this.#desks.has(address) && this.#watches(address));
  }

  /** Somebody answered our hello there, with a hello of its own or not. */
  answered(address: string, isDesk: boolean): void {
    const [set, other] = isDesk ? [this.#desks, this.#others] : [this.#others, this.#desks];
    other.delete(address);
    if (set.size < DESK_LIMITS.originalsWatchedMax && this.#watches(address)) set.add(address);
  }

  gone(address: string): void {
    this.#others.delete(address);
    this.#desks.delete(address);
  }

  #watches(address: string): boolean {
    return fractionOf(`${this.#self} watches ${address}`) < DESK_LIMITS.originalWatchers / this.networkSize;
  }
}
