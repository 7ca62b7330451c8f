/**
 * All offers that a desk knows: its own as maker, those of others as taker. Offers of others are limited, in all and
 * for each maker. When the book is full, the makers with the most offers lose some.
 */
import { offerKey, type OfferId, type OfferKey, type PeerId } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';
import type { MakerState } from '../protocol/maker-state.ts';
import { refusal, type OfferTerms, type Refusal } from '../protocol/messages.ts';
import { RecentSet } from './recent-set.ts';
import type { MakerInput, TakerInput } from '../protocol/step.ts';
import type { Identity } from '../ports/identity.ts';
import type { TakerState } from '../protocol/taker-state.ts';
import { foldMaker, foldTaker, makerRole, takerRole, type Steps } from './protocol-roles.ts';
import type { ActorServices, OfferActor } from './offer-actor.ts';
import { OfferIdIndex } from './offer-id-index.ts';
import { OfferRegistry } from './offer-registry.ts';
import { OfferShares } from './offer-shares.ts';

export type MakerActor = OfferActor<MakerState, MakerInput>;
export type TakerActor = OfferActor<TakerState, TakerInput>;

/** How many offers are examined to find one that can be dropped. One that can't be dropped is not examined again. */
const DROP_TRIES_MAX = 64;

export interface OfferBookInit {
  readonly identity: Pick<Identity, 'id'>;
  readonly services: ActorServices;
  readonly steps: Steps;
  /** Whether our operator named the maker as a partner. */
  readonly isNamed: (maker: PeerId) => boolean;
  /** Called when another desk's offer was dropped to make room. */
  readonly dropped: (terms: OfferTerms) => void;
  /** Offers of others; `seenOffersMax` by default. */
  readonly capacity?: number | undefined;
}

export class OfferBook {
  readonly own: OfferRegistry<MakerState, MakerInput>;
  readonly others: OfferRegistry<TakerState, TakerInput>;
  readonly #ids = new OfferIdIndex();
  readonly #self: PeerId;
  readonly #capacity: number;
  readonly #shares: OfferShares;
  readonly #dropped: OfferBookInit['dropped'];
  /**
   * Offers of others that have ended. Without them, anybody could repeat an old announcement and bring an ended offer
   * back. By the time an id is forgotten, its offer has usually expired.
   */
  readonly #ended = new RecentSet<OfferKey>(DESK_LIMITS.endedOffersRemembered);

  constructor({ identity, services, steps, isNamed, dropped, capacity = DESK_LIMITS.seenOffersMax }: OfferBookInit) {
    this.#self = identity.id;
    this.#capacity = capacity;
    this.#dropped = dropped;
    this.#shares = new OfferShares({ capacity, isNamed });
    const common = { services, finishedMax: DESK_LIMITS.finishedOffersMax };
    this.own = new OfferRegistry({ ...common, role: makerRole(steps), fold: foldMaker });
    this.others = new OfferRegistry({
      ...common,
      role: takerRole(identity.id, steps),
      fold: foldTaker,
      ids: this.#ids,
      finished: (actor) => this.#onFinished(actor),
      resumed: (actor) => this.#onResumed(actor),
    });
  }

  keyOfOwn(offerId: OfferId): OfferKey {
    return offerKey(this.#self, offerId);
  }

  /** Why one more offer of this maker would be refused; null if there is room, or room can be made. */
  refusalFor(maker: PeerId): Refusal | null {
    const max = DESK_LIMITS.seenOffersPerMakerMax;
    if (this.countOf(maker) >= max) return refusal('ERR_OVERLOADED', `you have ${max} open offers here`);
    if (this.others.runningCount < this.#capacity || this.#shares.toDropFor(maker) !== null) return null;
    return refusal('ERR_OVERLOADED', 'the book is full, and no maker has more offers in it than you');
  }

  /**
   * Drops an offer of the maker with the most, if the book is full.
   * @returns why there is no room for one more offer of this maker; null if there is
   */
  makeRoomFor(maker: PeerId): Refusal | null {
    for (let tries = 0; tries < DROP_TRIES_MAX; tries += 1) {
      const why = this.refusalFor(maker);
      if (why !== null || this.others.runningCount < this.#capacity) return why;
      this.#dropOne(maker);
    }
    return refusal('ERR_OVERLOADED', 'the book is full, and its offers are being processed; try again later');
  }

  /** Records a deal with a desk: its offers and acceptances come before those of strangers. */
  recordDeal(desk: PeerId): void {
    this.#shares.recordDeal(desk);
  }

  /** Whether we had a deal with the desk lately, or our operator named it. */
  isKnown(desk: PeerId): boolean {
    return this.#shares.isProven(desk);
  }

  /** The number of this maker's active offers. */
  countOf(maker: PeerId): number {
    return this.#shares.countOf(maker);
  }

  /** This maker's active offers. */
  ofMaker(maker: PeerId): readonly TakerActor[] {
    return [...this.#shares.offersOf(maker)].flatMap((key) => this.others.inMemory(key) ?? []);
  }

  /** The offers of others in memory with this id, of all makers. */
  othersWithId(offerId: string): readonly TakerActor[] {
    return this.#ids.withId(offerId).flatMap((key) => this.others.inMemory(key) ?? []);
  }

  /** Whether another desk's offer has ended: then its announcement is a repetition of an old one. */
  hasEnded(key: OfferKey): boolean {
    return this.#ended.has(key);
  }

  /** Adds an active offer of another desk to the share of its maker. */
  addToShare(key: OfferKey, { maker }: OfferTerms): void {
    this.#shares.add(maker, key);
  }

  /** Removes another desk's offer from the book. */
  drop(key: OfferKey, { maker }: OfferTerms): void {
    this.#shares.remove(maker, key);
    this.others.drop(key);
  }

  /** The offers in memory with this id whose maker is a client of the original. */
  ofOriginals(offerId: OfferId): readonly TakerActor[] {
    return this.othersWithId(offerId).filter(({ state }) => state?.dialect === 'original');
  }

  stop(): void {
    this.own.stop();
    this.others.stop();
  }

  /** Offers that we have accepted, or are about to, are never dropped, and no longer count in their maker's share. */
  #dropOne(maker: PeerId): void {
    const share = this.#shares.toDropFor(maker);
    const [key] = share?.droppable ?? [];
    if (share === null || key === undefined) return;
    const actor = this.others.inMemory(key);
    const state = actor?.state ?? null;
    if (state?.phase !== 'seen' || actor?.isIdle !== true) {
      this.#shares.pin(share, key);
      return;
    }
    this.drop(key, state.terms);
    this.#dropped(state.terms);
  }

  #onFinished({ offer, state }: TakerActor): void {
    if (state === null) return;
    this.#shares.remove(state.terms.maker, offer);
    this.#ended.add(offer);
  }

  /** An offer that is accepted or reported on again counts as if it had just arrived. */
  #onResumed({ offer, state }: TakerActor): void {
    if (state !== null) this.addToShare(offer, state.terms);
  }
}
