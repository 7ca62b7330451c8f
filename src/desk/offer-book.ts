/**
 * All offers that a desk knows: its own as maker, those of others as taker. Bounded, in all and for each maker, so that no
 * stranger can fill it.
 */
import { offerKey, type OfferId, type OfferKey, type PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { MakerState } from '../protocol/maker-state.ts';
import type { OfferTerms } from '../protocol/messages.ts';
import { EndedOffers } from './ended-offers.ts';
import type { MakerInput, TakerInput } from '../protocol/step.ts';
import type { Identity } from '../ports/identity.ts';
import type { TakerState } from '../protocol/taker-state.ts';
import { foldMaker, foldTaker, makerMachine, takerMachine, type Steps } from './machines.ts';
import type { ActorServices, OfferActor } from './offer-actor.ts';
import { OfferRegistry } from './offer-registry.ts';

export type MakerActor = OfferActor<MakerState, MakerInput>;
export type TakerActor = OfferActor<TakerState, TakerInput>;

export class OfferBook {
  readonly own: OfferRegistry<MakerState, MakerInput>;
  readonly others: OfferRegistry<TakerState, TakerInput>;
  readonly #self: PeerId;
  /** Running offers of others, by maker. */
  readonly #countByMaker = new Map<PeerId, number>();
  /** Running offers of makers of the original, whose `offer:done` does not say whose offer it is. */
  readonly #originals = new Map<OfferId, Set<OfferKey>>();
  readonly #ended = new EndedOffers();

  constructor({ id }: Pick<Identity, 'id'>, services: Omit<ActorServices, 'finished'>, steps: Steps) {
    this.#self = id;
    const finishedMax = LIMITS.finishedOffersMax;
    this.own = new OfferRegistry({
      machine: makerMachine(steps),
      fold: foldMaker,
      finishedMax,
      services: {
        ...services,
        finished: (actor) => {
          this.own.finish(actor);
        },
      },
    });
    this.others = new OfferRegistry({
      machine: takerMachine(id, steps),
      fold: foldTaker,
      finishedMax,
      services: {
        ...services,
        finished: (actor) => {
          this.#finishOther(actor as TakerActor);
        },
      },
    });
  }

  keyOfOwn(offerId: OfferId): OfferKey {
    return offerKey(this.#self, offerId);
  }

  /** Whether one more offer of this maker would be within the bounds. */
  hasRoomFor(maker: PeerId): boolean {
    if (this.others.runningCount >= LIMITS.seenOffersMax) return false;
    return this.countOf(maker) < LIMITS.seenOffersPerMakerMax;
  }

  /** Running offers of this maker. */
  countOf(maker: PeerId): number {
    return this.#countByMaker.get(maker) ?? 0;
  }

  /** An offer of somebody else that has ended a while ago, so that its announcement is an old one that somebody repeats. */
  hasEnded(key: OfferKey): boolean {
    return this.#ended.has(key);
  }

  /** An offer of somebody else is among the running ones from now on. */
  count(key: OfferKey, terms: OfferTerms, isOriginal: boolean): void {
    this.#countByMaker.set(terms.maker, (this.#countByMaker.get(terms.maker) ?? 0) + 1);
    if (!isOriginal) return;
    const keys = this.#originals.get(terms.offerId) ?? new Set();
    this.#originals.set(terms.offerId, keys.add(key));
  }

  /** An offer that was counted and turned out to be none. */
  dismiss(key: OfferKey, terms: OfferTerms): void {
    this.#uncount(key, terms);
    this.others.drop(key);
  }

  /** Running offers of makers of the original with this id. */
  originals(offerId: OfferId): readonly TakerActor[] {
    const keys = [...(this.#originals.get(offerId) ?? [])];
    return keys.map((key) => this.others.inMemory(key)).filter((actor) => actor !== undefined);
  }

  /** Offers of others with this id in memory, whoever their maker is. */
  withId(offerId: OfferId): readonly TakerActor[] {
    return this.others.all().filter((actor) => actor.state?.terms.offerId === offerId);
  }

  stop(): void {
    this.own.stop();
    this.others.stop();
  }

  #finishOther(actor: TakerActor): void {
    if (!this.others.finish(actor) || actor.state === null) return;
    this.#uncount(actor.offer, actor.state.terms);
    this.#ended.add(actor.offer);
  }

  #uncount(key: OfferKey, terms: OfferTerms): void {
    const left = (this.#countByMaker.get(terms.maker) ?? 1) - 1;
    if (left > 0) this.#countByMaker.set(terms.maker, left);
    else this.#countByMaker.delete(terms.maker);
    const keys = this.#originals.get(terms.offerId);
    keys?.delete(key);
    if (keys?.size === 0) this.#originals.delete(terms.offerId);
  }
}
