/**
 * Counts the offers of each maker in the book, and chooses which offer is dropped when the book is full. A limit for
 * each maker is not enough, because a stranger can make any number of keys. So the maker with the most offers loses its
 * oldest one. Makers that we had a deal with, or that our operator has named, are proven: offers of strangers do not
 * replace theirs while the proven makers together have at most half of the book.
 */
import type { OfferKey, PeerId } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';
import { RecentSet } from './recent-set.ts';

/** The offers of one maker in the book. */
export interface Share {
  readonly maker: PeerId;
  isProven: boolean;
  /** Offers that may be dropped, the oldest first. */
  readonly droppable: Set<OfferKey>;
  /** Offers that are never dropped: we have accepted them, or were about to. */
  readonly pinned: Set<OfferKey>;
}

export interface OfferSharesInit {
  /** Places in the book. */
  readonly capacity: number;
  /** Whether our operator named the maker. */
  readonly isNamed: (maker: PeerId) => boolean;
}

export class OfferShares {
  readonly #init: OfferSharesInit;
  readonly #byMaker = new Map<PeerId, Share>();
  readonly #strangers = new Ranking();
  readonly #proven = new Ranking();
  /** Makers that we had a deal with, the latest at the end. */
  readonly #partners = new RecentSet<PeerId>(DESK_LIMITS.provenMakersMax);

  constructor(init: OfferSharesInit) {
    this.#init = init;
  }

  countOf(maker: PeerId): number {
    const share = this.#byMaker.get(maker);
    return share === undefined ? 0 : share.droppable.size + share.pinned.size;
  }

  *offersOf(maker: PeerId): IterableIterator<OfferKey> {
    const share = this.#byMaker.get(maker);
    if (share === undefined) return;
    yield* share.droppable;
    yield* share.pinned;
  }

  add(maker: PeerId, offer: OfferKey): void {
    const share = this.#byMaker.get(maker) ?? this.#newShare(maker);
    this.#change(share, () => share.droppable.add(offer));
  }

  remove(maker: PeerId, offer: OfferKey): void {
    const share = this.#byMaker.get(maker);
    if (share === undefined) return;
    share.pinned.delete(offer);
    this.#change(share, () => share.droppable.delete(offer));
    if (share.droppable.size + share.pinned.size === 0) this.#byMaker.delete(maker);
  }

  /** Called for an offer that must not be dropped, because we have accepted it or it is being processed. */
  pin(share: Share, offer: OfferKey): void {
    this.#change(share, () => share.droppable.delete(offer));
    share.pinned.add(offer);
  }

  /** Records a deal with the maker. Above the limit, the maker with the oldest last deal becomes a stranger again. */
  recordDeal(maker: PeerId): void {
    this.#partners.add(maker);
    const share = this.#byMaker.get(maker);
    if (share?.isProven !== false) return;
    this.#strangers.remove(share);
    share.isProven = true;
    this.#proven.add(share);
  }

  /** The maker that loses an offer to make room for one more of `maker`; null when `maker` itself has the most. */
  toDropFor(maker: PeerId): Share | null {
    const own = this.#byMaker.get(maker)?.droppable.size ?? 0;
    const stranger = this.#strangers.fullest;
    const proven = this.#proven.fullest;
    const hasMore = (share: Share | null): share is Share => share !== null && share.droppable.size > own;
    if (this.isProven(maker)) return stranger ?? (hasMore(proven) ? proven : null);
    if (hasMore(stranger)) return stranger;
    return this.#proven.offers * 2 > this.#init.capacity && hasMore(proven) ? proven : null;
  }

  /** Whether we had a deal with the maker, or our operator named it. */
  isProven(maker: PeerId): boolean {
    return this.#partners.has(maker) || this.#init.isNamed(maker);
  }

  #newShare(maker: PeerId): Share {
    const share: Share = { maker, isProven: this.isProven(maker), droppable: new Set(), pinned: new Set() };
    this.#byMaker.set(maker, share);
    return share;
  }

  #change(share: Share, change: () => void): void {
    const ranking = share.isProven ? this.#proven : this.#strangers;
    ranking.remove(share);
    change();
    ranking.add(share);
  }
}

/** Makers by the number of their offers that may be dropped. The cost does not depend on the number of makers. */
class Ranking {
  /** The number of offers of all shares together. */
  offers = 0;
  readonly #byCount = new Map<number, Set<Share>>();
  #highest = 0;

  /** The share with the most offers; of several, the one that has had this number longest. Null if all are empty. */
  get fullest(): Share | null {
    while (this.#highest > 0 && !this.#byCount.has(this.#highest)) this.#highest -= 1;
    const [share] = this.#byCount.get(this.#highest) ?? [];
    return share ?? null;
  }

  add(share: Share): void {
    const count = share.droppable.size;
    if (count === 0) return;
    const shares = this.#byCount.get(count) ?? new Set();
    this.#byCount.set(count, shares.add(share));
    this.#highest = Math.max(this.#highest, count);
    this.offers += count;
  }

  remove(share: Share): void {
    const count = share.droppable.size;
    const shares = this.#byCount.get(count);
    if (shares?.delete(share) !== true) return;
    this.offers -= count;
    if (shares.size === 0) this.#byCount.delete(count);
  }
}
