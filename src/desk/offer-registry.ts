/**
 * The offers of one role that are in memory: the running ones, and a bounded number of finished ones for questions that
 * come late. What has left memory is brought back from the journal when it is asked for.
 */
import { offerKey, type OfferId, type OfferKey, type PeerId } from '../protocol/ids.ts';
import { OfferActor, type ActorServices, type Machine } from './offer-actor.ts';
import type { JournalRecord } from '../protocol/records.ts';

export interface RegistryInit<State, Input> {
  readonly machine: Machine<State, Input>;
  readonly fold: (records: readonly JournalRecord[]) => State | null;
  readonly services: ActorServices;
  readonly finishedMax: number;
}

export class OfferRegistry<State, Input> {
  readonly #init: RegistryInit<State, Input>;
  readonly #running = new Map<OfferKey, OfferActor<State, Input>>();
  /** In the order in which they finished or were last asked for. */
  readonly #finished = new Map<OfferKey, OfferActor<State, Input>>();
  readonly #loading = new Map<OfferKey, Promise<OfferActor<State, Input>>>();

  constructor(init: RegistryInit<State, Input>) {
    this.#init = init;
  }

  get runningCount(): number {
    return this.#running.size;
  }

  running(): IterableIterator<OfferActor<State, Input>> {
    return this.#running.values();
  }

  all(): readonly OfferActor<State, Input>[] {
    return [...this.#running.values(), ...this.#finished.values()];
  }

  inMemory(key: OfferKey): OfferActor<State, Input> | undefined {
    return this.#running.get(key) ?? this.#finished.get(key);
  }

  /** From memory, else from the journal, else a new one without a state, which is not in the registry. */
  async find(maker: PeerId, offerId: OfferId): Promise<OfferActor<State, Input>> {
    const key = offerKey(maker, offerId);
    const known = this.inMemory(key) ?? this.#loading.get(key);
    if (known !== undefined) return known;
    const loading = this.#load(key);
    this.#loading.set(key, loading);
    try {
      return await loading;
    } finally {
      this.#loading.delete(key);
    }
  }

  /** A new offer, or one from the journal at a start. */
  add(key: OfferKey, state: State | null): OfferActor<State, Input> {
    const actor = this.#actor(key, state);
    this.#running.set(key, actor);
    return actor;
  }

  /** Puts an actor that came from `find` among the running ones; gives the one that was put there first. */
  register(actor: OfferActor<State, Input>): OfferActor<State, Input> {
    const known = this.inMemory(actor.offer);
    if (known === undefined) this.#running.set(actor.offer, actor);
    return known ?? actor;
  }

  drop(key: OfferKey): void {
    this.inMemory(key)?.stop();
    this.#running.delete(key);
    this.#finished.delete(key);
  }

  /** @returns false when it is not one of the running ones: another actor of that name may be */
  finish(actor: unknown): boolean {
    if (!(actor instanceof OfferActor)) return false;
    const running = this.#running.get(actor.offer);
    if (running === undefined || running !== actor) return false;
    this.#running.delete(running.offer);
    this.#retain(running.offer, running);
    return true;
  }

  stop(): void {
    for (const actor of this.all()) actor.stop();
  }

  async #load(key: OfferKey): Promise<OfferActor<State, Input>> {
    const records = await this.#init.services.journal.readOffer(key);
    const state = this.#init.fold(records);
    const actor = this.#actor(key, state);
    // Running ones are all in memory since the start, so that this one is finished.
    if (state !== null) this.#retain(key, actor);
    return actor;
  }

  #retain(key: OfferKey, actor: OfferActor<State, Input>): void {
    this.#finished.set(key, actor);
    if (this.#finished.size <= this.#init.finishedMax) return;
    for (const [oldest, candidate] of this.#finished) {
      if (!candidate.isIdle) continue;
      this.#finished.delete(oldest);
      return;
    }
  }

  #actor(key: OfferKey, state: State | null): OfferActor<State, Input> {
    return new OfferActor(key, this.#init.machine, state, this.#init.services);
  }
}
