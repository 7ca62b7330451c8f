/**
 * Keeps our book in step with those who made the offers in it. Whoever is learned of is asked for its list, so that a
 * newcomer has the whole book after a moment; from then on the makers in the book are asked now and then, and what a maker
 * does not list any more is dropped, when it was only seen and was known before the maker was asked. A list proves nothing but
 * what its maker offers: each offer in it has to pass the same door as an announced one.
 */
import type { Alarm, Clock } from '../ports/clock.ts';
import { backOffMs } from '../protocol/back-off.ts';
import type { OfferId, PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Answer, ListAnswer, ListedOffer, OfferList } from '../protocol/messages.ts';
import type { Outbox } from './outbox.ts';
import { Lanes } from './lanes.ts';
import type { OfferBook, TakerActor } from './offer-book.ts';

export interface BookSyncInit {
  readonly self: PeerId;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly book: OfferBook;
  /** With whom new business is done. */
  readonly admits: (id: PeerId) => boolean;
  /** The door for offers. */
  readonly take: (offer: ListedOffer) => Promise<Answer>;
  readonly failed: (error: unknown) => void;
}

export class BookSync {
  readonly #init: BookSyncInit;
  /** Two sets of lanes: makers that are gone, and take their time not to answer, hold up no newcomer. */
  readonly #first: Lanes;
  readonly #again: Lanes;
  readonly #waiting = new Set<PeerId>();
  /** Asked without an answer. */
  readonly #unread = new Set<PeerId>();
  #alarm: Alarm | null = null;
  #rounds = 0;
  #running = false;

  constructor(init: BookSyncInit) {
    this.#init = init;
    const lanes = { atOnce: LIMITS.listsAtOnce, waitingMax: LIMITS.peersMax, failed: init.failed };
    this.#first = new Lanes(lanes);
    this.#again = new Lanes(lanes);
  }

  start(): void {
    this.#running = true;
    this.#armAlarm();
  }

  stop(): void {
    this.#running = false;
    this.#alarm?.cancel();
    this.#first.stop();
    this.#again.stop();
  }

  /** A desk that may have offers that we don't know. */
  learned(id: PeerId): void {
    this.#ask(this.#first, id);
  }

  /** It is there now: time for another first question, where the former got no answer. */
  greeted(id: PeerId): void {
    if (this.#unread.delete(id)) this.learned(id);
  }

  #armAlarm(): void {
    const { clock, self } = this.#init;
    this.#rounds += 1;
    const inMs = backOffMs(1, LIMITS.bookSyncMs, LIMITS.bookSyncMs, `${self} list ${this.#rounds.toString()}`);
    this.#alarm = clock.wakeAtMonotonic(clock.monotonicNow() + inMs, () => {
      for (const maker of this.#makers()) this.#ask(this.#again, maker);
      this.#armAlarm();
    });
  }

  /** Of offers that we have only seen; what we take part in asks for itself. Clients of the original have no list. */
  #makers(): ReadonlySet<PeerId> {
    const makers = new Set<PeerId>();
    for (const { state } of this.#init.book.others.running()) {
      if (state?.phase === 'seen' && state.dialect === 'grapevine') makers.add(state.terms.maker);
    }
    return makers;
  }

  #ask(lanes: Lanes, maker: PeerId): void {
    if (!this.#running || this.#waiting.has(maker) || !this.#init.admits(maker)) return;
    // First, because the work may begin, and end the waiting, before `add` returns.
    this.#waiting.add(maker);
    const isTaken = lanes.add(() => {
      this.#waiting.delete(maker);
      return this.#compare(maker);
    });
    if (!isTaken) this.#waiting.delete(maker);
  }

  async #compare(maker: PeerId): Promise<void> {
    // Before the question: what it offers while we ask may be in no page.
    const before = this.#seenOf(maker);
    const listed = new Set<OfferId>();
    let after: OfferId | null = null;
    for (let page = 0; page < LIMITS.listPagesMax; page += 1) {
      const list = await this.#page(maker, after);
      if (list === null || !this.#running) return;
      for (const { terms } of list.offers) listed.add(terms.offerId);
      await Promise.all(list.offers.map((offer) => this.#init.take(offer)));
      after = list.next;
      if (after === null) break;
    }
    await dropUnlisted(before, listed, after);
  }

  /** Null when it gave none, or one that makes no sense. */
  async #page(maker: PeerId, after: OfferId | null): Promise<ListAnswer | null> {
    const { self, outbox } = this.#init;
    const question: OfferList = { cmd: 'offer:list', maker, taker: self, after, limit: LIMITS.listPageMax };
    const list = await outbox.ask({ id: maker, dialect: 'grapevine' }, question);
    const isAnswered = list.kind !== 'unsent' && list.kind !== 'unknown';
    if (isAnswered) this.#unread.delete(maker);
    else if (this.#unread.size < LIMITS.peersMax) this.#unread.add(maker);
    return list.kind === 'list' && isSensible(list, maker, after) ? list : null;
  }

  #seenOf(maker: PeerId): readonly TakerActor[] {
    const actors = [...this.#init.book.others.running()];
    return actors.filter(({ state }) => state?.phase === 'seen' && state.terms.maker === maker);
  }
}

/** A page of a maker's own offers in the order of their ids, from where it was asked for to where the next one begins. */
function isSensible({ offers, next }: ListAnswer, maker: PeerId, after: OfferId | null): boolean {
  let last = after;
  for (const { terms } of offers) {
    if (terms.maker !== maker || (last !== null && terms.offerId <= last)) return false;
    last = terms.offerId;
  }
  return next === null || (offers.length > 0 && next === last);
}

/** @param after the list was not read any further; null: it was read to its end */
async function dropUnlisted(
  before: readonly TakerActor[],
  listed: ReadonlySet<OfferId>,
  after: OfferId | null,
): Promise<void> {
  for (const actor of before) {
    const offerId = actor.state?.terms.offerId;
    if (offerId === undefined || listed.has(offerId) || (after !== null && offerId > after)) continue;
    await actor.tell({ kind: 'unlisted' });
  }
}
