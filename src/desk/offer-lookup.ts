/** Finds offers by id: in memory, or else in the journal, which has those that ended long ago. */
import { GrapevineError } from '../protocol/errors.ts';
import type { OfferId } from '../protocol/ids.ts';
import type { DeskParts } from './desk-parts.ts';
import type { MakerActor, TakerActor } from './offer-book.ts';
import { snapshotOfOther, snapshotOfOwn, type OfferSnapshot } from './offer-snapshot.ts';
import { ambiguous } from './past-offers.ts';

export class OfferLookup {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** All offers in memory whose id has this prefix. */
  snapshots(idPrefix: string): readonly OfferSnapshot[] {
    const { book, neighbours } = this.#parts;
    const found: OfferSnapshot[] = [];
    for (const { state } of book.own.all())
      if (state?.terms.offerId.startsWith(idPrefix) === true) found.push(snapshotOfOwn(state));
    for (const { state } of book.others.all())
      if (state?.terms.offerId.startsWith(idPrefix) === true) found.push(snapshotOfOther(state, neighbours));
    return found;
  }

  /**
   * One offer in memory; undefined if there is none.
   * @throws GrapevineError ERR_USAGE when several makers use this id
   */
  snapshot(offerId: string, maker?: string): OfferSnapshot | undefined {
    const { book, neighbours } = this.#parts;
    const own = book.own.inMemory(book.keyOfOwn(offerId as OfferId))?.state;
    const others = book.othersWithId(offerId).map(({ state }) => state && snapshotOfOther(state, neighbours));
    const [found, second] = [own && snapshotOfOwn(own), ...others].filter(
      (snapshot) => snapshot != null && (maker === undefined || snapshot.terms.maker === maker),
    );
    if (second != null) throw ambiguous(offerId);
    return found ?? undefined;
  }

  /** One of our offers; an actor without a state if there is none. */
  own(offerId: string): MakerActor | Promise<MakerActor> {
    const { book, components } = this.#parts;
    return book.own.find(components.identity.id, offerId as OfferId);
  }

  /**
   * Another desk's offer, also one that has left memory.
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_USAGE when several makers use this id
   */
  async other(offerId: string, maker?: string): Promise<TakerActor> {
    const { book, past } = this.#parts;
    const all = book.othersWithId(offerId);
    const [found, second] = maker === undefined ? all : all.filter(({ state }) => state?.terms.maker === maker);
    if (second !== undefined) throw ambiguous(offerId);
    if (found !== undefined) return found;
    const { terms, role } = (await past.find(offerId, maker)).snapshot;
    if (role !== 'taker') throw new GrapevineError('ERR_OFFER_UNKNOWN', `no offer ${offerId} is known here`);
    return book.others.find(terms.maker, terms.offerId);
  }

  /**
   * Our own or another desk's offer, also one that has left memory.
   * @throws GrapevineError as `other`
   */
  async either(offerId: string, maker?: string): Promise<MakerActor | TakerActor> {
    const { book, past } = this.#parts;
    const { role, terms } = this.snapshot(offerId, maker) ?? (await past.find(offerId, maker)).snapshot;
    return book[role === 'maker' ? 'own' : 'others'].find(terms.maker, terms.offerId);
  }
}
