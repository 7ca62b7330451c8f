/**
 * Finds clients of the original demo in a large network, where a lookup returns only some addresses. These clients have
 * no links, and a maker finds few of them. So each desk watches some addresses, chosen by a hash of its id and the
 * address: about twelve desks watch each address. The answer to a hello shows whether a desk is at the address. If not,
 * the desks that watch the address send it each fact, so it may receive a fact several times.
 *
 * Addresses come only from lookups, never from a peer. An address without an answer gets no facts. So a peer that
 * announces a foreign address causes a hello from about twelve desks, and again each time the address is found.
 */
import { fractionOf } from '../protocol/back-off.ts';
import type { PeerId } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';

/** How much the latest pair of lookups counts in the estimate. */
const NEWEST_WEIGHT = 0.2;

export class Originals {
  readonly #self: PeerId;
  /** Watched addresses of desks, and watched addresses of others. */
  readonly #desks = new Set<string>();
  readonly #others = new Set<string>();
  #latest: ReadonlySet<string> = new Set();
  /** Which part of the addresses in a lookup was also in the previous one; an average. */
  #repeated = 1;

  constructor(self: PeerId) {
    this.#self = self;
  }

  /** Watched addresses that answer and are not desks. */
  get addresses(): readonly string[] {
    return [...this.#others].filter((address) => this.#watches(address));
  }

  /**
   * An estimate of how many programs announce the shared service. Each lookup returns a random part of them: the larger
   * the network, the fewer of them are in the next lookup again.
   */
  get networkSize(): number {
    return Math.max(this.#latest.size, this.#latest.size / Math.max(this.#repeated, 1 / DESK_LIMITS.peersMax));
  }

  /** @returns the watched addresses of a lookup that are not known to be desks: they should get a hello */
  onLookup(addresses: readonly string[]): readonly string[] {
    const repeated = addresses.filter((address) => this.#latest.has(address)).length;
    // Repeating the same lookup adds no information.
    const isNew = repeated < addresses.length;
    if (isNew && this.#latest.size > 0)
      this.#repeated += NEWEST_WEIGHT * (repeated / addresses.length - this.#repeated);
    this.#latest = new Set(addresses);
    return addresses.filter((address) => !this.#desks.has(address) && this.#watches(address));
  }

  /** Called when an address has answered our hello. */
  onAnswer(address: string, isDesk: boolean): void {
    const [set, other] = isDesk ? [this.#desks, this.#others] : [this.#others, this.#desks];
    other.delete(address);
    if (set.size < DESK_LIMITS.originalsWatchedMax && this.#watches(address)) set.add(address);
  }

  onNoAnswer(address: string): void {
    this.#others.delete(address);
    this.#desks.delete(address);
  }

  #watches(address: string): boolean {
    return fractionOf(`${this.#self} watches ${address}`) < DESK_LIMITS.originalWatchers / this.networkSize;
  }
}
