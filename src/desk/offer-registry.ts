/**
 * The offers of one role in memory: all active ones, and a limited number of finished ones for late questions. An offer
 * that has left memory is read from the journal when needed.
 */
import { offerKey, type OfferId, type OfferKey, type PeerId } from '../protocol/ids.ts';
import { OfferActor, type ActorServices, type OwnedServices, type ProtocolRole } from './offer-actor.ts';
import type { OfferIdIndex } from './offer-id-index.ts';
import type { JournalRecord } from '../protocol/records.ts';

export interface RegistryInit<State, Input> {
  readonly role: ProtocolRole<State, Input>;
  readonly fold: (records: readonly JournalRecord[]) => State | null;
  readonly services: ActorServices;
  readonly finishedMax: number;
  /** An index by id, for the role in which several makers may use the same id. */
  readonly ids?: OfferIdIndex;
  /** Called when an active offer has finished. */
  readonly finished?: (actor: OfferActor<State, Input>) => void;
  /** Called when a finished offer is active again. */
  readonly resumed?: (actor: OfferActor<State, Input>) => void;
}

export class OfferRegistry<State, Input> {
  readonly #init: RegistryInit<State, Input>;
  readonly #services: OwnedServices<State, Input>;
  readonly #running = new Map<OfferKey, OfferActor<State, Input>>();
  #openCount = 0;
  /** In the order in which they finished, or were read from the journal. */
  readonly #finished = new Map<OfferKey, OfferActor<State, Input>>();
  readonly #loading = new Map<OfferKey, Promise<OfferActor<State, Input>>>();
  #stopped = false;

  constructor(init: RegistryInit<State, Input>) {
    this.#init = init;
    this.#services = { ...init.services, owner: this };
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** The number of active offers that are not decided yet. */
  get openCount(): number {
    return this.#openCount;
  }

  running(): IterableIterator<OfferActor<State, Input>> {
    return this.#running.values();
  }

  *all(): IterableIterator<OfferActor<State, Input>> {
    yield* this.#running.values();
    yield* this.#finished.values();
  }

  inMemory(key: OfferKey): OfferActor<State, Input> | undefined {
    return this.#running.get(key) ?? this.#finished.get(key);
  }

  /** Looks in memory, then in the journal. Otherwise returns an actor without a state, which is not in the registry. */
  find(maker: PeerId, offerId: OfferId): OfferActor<State, Input> | Promise<OfferActor<State, Input>> {
    const key = offerKey(maker, offerId);
    const known = this.inMemory(key) ?? this.#loading.get(key);
    if (known !== undefined) return known;
    // An offer with a record that is not written yet is in memory.
    if (this.#init.services.journal.mayHave?.(key) === false) return this.#actor(key, null);
    return this.#search(key);
  }

  /** Concurrent callers share one promise, so they continue in the order in which they came. */
  #search(key: OfferKey): Promise<OfferActor<State, Input>> {
    const search = this.#load(key)
      .then((loaded) => this.inMemory(key) ?? loaded)
      .finally(() => {
        this.#loading.delete(key);
      });
    this.#loading.set(key, search);
    return search;
  }

  /** Adds a new offer, or one that was read from the journal at the start. */
  add(key: OfferKey, state: State | null): OfferActor<State, Input> {
    const actor = this.#actor(key, state);
    this.#run(actor);
    return actor;
  }

  /** Adds an actor from `find` to the running ones. @returns the actor with this key that was added first */
  register(actor: OfferActor<State, Input>): OfferActor<State, Input> {
    const known = this.inMemory(actor.offer);
    if (known === undefined) this.#run(actor);
    return known ?? actor;
  }

  drop(key: OfferKey): void {
    const actor = this.inMemory(key);
    if (actor?.isOpen === true && this.#running.has(key)) this.#openCount -= 1;
    actor?.stop();
    this.#running.delete(key);
    this.#finished.delete(key);
    this.#init.ids?.remove(key);
  }

  onDecided(actor: OfferActor<State, Input>): void {
    if (this.#running.get(actor.offer) === actor) this.#openCount -= 1;
  }

  onFinished(actor: OfferActor<State, Input>): void {
    if (this.#running.get(actor.offer) !== actor) return;
    this.#running.delete(actor.offer);
    this.#retain(actor);
    this.#init.finished?.(actor);
  }

  onResumed(actor: OfferActor<State, Input>): void {
    if (this.#finished.get(actor.offer) !== actor) return;
    this.#finished.delete(actor.offer);
    this.#run(actor);
    this.#init.resumed?.(actor);
  }

  /** Stops all offers, and those that a request in progress finds or adds later. */
  stop(): void {
    this.#stopped = true;
    for (const actor of this.all()) actor.stop();
  }

  async #load(key: OfferKey): Promise<OfferActor<State, Input>> {
    const records = await this.#init.services.journal.readOffer(key);
    const state = this.#init.fold(records);
    const actor = this.#actor(key, state);
    // All active offers have been in memory since the start, so this one is finished.
    if (state !== null) this.#retain(actor);
    return actor;
  }

  #run(actor: OfferActor<State, Input>): void {
    this.#running.set(actor.offer, actor);
    if (actor.isOpen) this.#openCount += 1;
    this.#init.ids?.add(actor.offer);
  }

  #retain(actor: OfferActor<State, Input>): void {
    this.#finished.set(actor.offer, actor);
    this.#init.ids?.add(actor.offer);
    if (this.#finished.size <= this.#init.finishedMax) return;
    for (const [oldest, candidate] of this.#finished) {
      if (!candidate.isIdle) continue;
      this.#finished.delete(oldest);
      this.#init.ids?.remove(oldest);
      return;
    }
  }

  #actor(key: OfferKey, state: State | null): OfferActor<State, Input> {
    const actor = new OfferActor(key, this.#init.role, state, this.#services);
    if (this.#stopped) actor.stop();
    return actor;
  }
}
