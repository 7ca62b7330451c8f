/**
 * All offers that a desk knows: its own as maker, those of others as taker. Bounded, in all and for each maker. When it is
 * full, the makers with the most offers give room.
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

/** Offers of others that are looked at to find one that can be dropped; each is looked at once. */
const DROP_TRIES_MAX = 64;

export interface OfferBookInit {
  readonly identity: Pick<Identity, 'id'>;
  readonly services: Omit<ActorServices, 'finished' | 'resumed' | 'closed'>;
  readonly steps: Steps;
  /** Makers that our operator has named as partners. */
  readonly isNamed: (maker: PeerId) => boolean;
  /** An offer of somebody else had to give room. */
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
   * Offers of others that have ended: without their names an old announcement, repeated by anybody, would bring an offer back that
   * nobody has any more. When one is forgotten, most can't be announced again anyway.
   */
  readonly #ended = new RecentSet<OfferKey>(DESK_LIMITS.endedOffersRemembered);

  constructor({ identity, services, steps, isNamed, dropped, capacity = DESK_LIMITS.seenOffersMax }: OfferBookInit) {
    this.#self = identity.id;
    this.#capacity = capacity;
    this.#dropped = dropped;
    this.#shares = new OfferShares({ capacity, isNamed });
    const finishedMax = DESK_LIMITS.finishedOffersMax;
    this.own = new OfferRegistry<MakerState, MakerInput>({
      role: makerRole(steps),
      fold: foldMaker,
      finishedMax,
      services: {
        ...services,
        finished: (actor) => this.own.finish(actor),
        resumed: (actor) => this.own.resume(actor),
        noLongerOpen: (actor) => this.own.noLongerOpen(actor),
      },
    });
    this.others = new OfferRegistry<TakerState, TakerInput>({
      role: takerRole(identity.id, steps),
      fold: foldTaker,
      finishedMax,
      ids: this.#ids,
      services: {
        ...services,
        finished: (actor) => this.#finishOther(actor as TakerActor),
        resumed: (actor) => this.#resumeOther(actor as TakerActor),
      },
    });
  }

  keyOfOwn(offerId: OfferId): OfferKey {
    return offerKey(this.#self, offerId);
  }

  /** Why one more offer of this maker would not be taken; null when there is room, or room can be made. */
  refusalFor(maker: PeerId): Refusal | null {
    const max = DESK_LIMITS.seenOffersPerMakerMax;
    if (this.countOf(maker) >= max) return refusal('ERR_OVERLOADED', `you have ${max} open offers here`);
    if (this.others.runningCount < this.#capacity || this.#shares.toDropFor(maker) !== null) return null;
    return refusal('ERR_OVERLOADED', 'the book is full, and no maker has more offers in it than you');
  }

  /**
   * Drops an offer of the maker with the most, where the book is full.
   * @returns why there is no room for one more of this maker; null: there is
   */
  makeRoomFor(maker: PeerId): Refusal | null {
    for (let tries = 0; tries < DROP_TRIES_MAX; tries += 1) {
      const why = this.refusalFor(maker);
      if (why !== null || this.others.runningCount < this.#capacity) return why;
      this.#dropOne(maker);
    }
    return refusal('ERR_OVERLOADED', 'the book is full, and the offers in it are being worked on');
  }

  /** We had a deal with it: its offers are kept, and its acceptances taken, before those of strangers. */
  dealtWith(desk: PeerId): void {
    this.#shares.dealtWith(desk);
  }

  /** We had a deal with it lately, or our operator has named it. */
  isKnown(desk: PeerId): boolean {
    return this.#shares.isProven(desk);
  }

  /** Running offers of this maker. */
  countOf(maker: PeerId): number {
    return this.#shares.countOf(maker);
  }

  /** Running offers of this maker. */
  ofMaker(maker: PeerId): readonly TakerActor[] {
    return [...this.#shares.offersOf(maker)].flatMap((key) => this.others.inMemory(key) ?? []);
  }

  /** Offers of others in memory with this id, of any maker. */
  othersWithId(offerId: string): readonly TakerActor[] {
    return this.#ids.withId(offerId).flatMap((key) => this.others.inMemory(key) ?? []);
  }

  /** An offer of somebody else that has ended a while ago, so that its announcement is an old one that somebody repeats. */
  hasEnded(key: OfferKey): boolean {
    return this.#ended.has(key);
  }

  /** An offer of somebody else is among the running ones from now on. */
  count(key: OfferKey, { maker }: OfferTerms): void {
    this.#shares.add(maker, key);
  }

  /** An offer that was counted and turned out to be none. */
  dismiss(key: OfferKey, { maker }: OfferTerms): void {
    this.#shares.remove(maker, key);
    this.others.drop(key);
  }

  /** Offers in memory with this id, of makers of the original, whose `offer:done` does not say whose offer it is. */
  originals(offerId: OfferId): readonly TakerActor[] {
    return this.othersWithId(offerId).filter(({ state }) => state?.dialect === 'original');
  }

  stop(): void {
    this.own.stop();
    this.others.stop();
  }

  /** What we have accepted, or are about to, is never dropped, and does not count as its maker's share from then on. */
  #dropOne(maker: PeerId): void {
    const share = this.#shares.toDropFor(maker);
    const [key] = share?.droppable ?? [];
    if (share === null || key === undefined) return;
    const actor = this.others.inMemory(key);
    const state = actor?.state ?? null;
    if (state?.phase !== 'seen' || actor?.isIdle !== true) {
      this.#shares.engage(share, key);
      return;
    }
    this.dismiss(key, state.terms);
    this.#dropped(state.terms);
  }

  #finishOther(actor: TakerActor): void {
    if (!this.others.finish(actor)) return;
    const terms = actor.state?.terms;
    if (terms === undefined) return;
    this.#shares.remove(terms.maker, actor.offer);
    this.#ended.add(actor.offer);
  }

  /** Accepted anew, or a deal that is reported on: it counts as one that came in. */
  #resumeOther(actor: TakerActor): void {
    const { state } = actor;
    if (this.others.resume(actor) && state !== null) this.count(actor.offer, state.terms);
  }
}
