/**
 * Synchronizes the book of offers with other desks. Source: docs/PROTOCOL.md, "Late comers".
 *
 * - In a small network, we ask a desk for its list when it has offers that we don't know. Later, we ask the makers in
 *   the book again from time to time. An offer that is missing in its maker's list is dropped, if we only saw it and
 *   knew it before we asked.
 * - In a large network, we compare the whole book with the books of our links. We ask only the makers whose offers a
 *   link does not know.
 *
 * An offer in a list passes the same checks as an announced one.
 */
import type { Alarm, Clock } from '../ports/clock.ts';
import { fractionOf, jitteredMs, sortByHash } from '../protocol/back-off.ts';
import type { OfferId, PeerId } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Answer, DeskHello, ListAnswer, ListedOffer, OfferList, OfferTerms } from '../protocol/messages.ts';
import { ConcurrencyLimiter } from '../transport/concurrency-limiter.ts';
import { BookDigest } from '../wire/book-digest.ts';
import type { Outbox } from './outbox.ts';
import type { OfferBook, TakerActor } from './offer-book.ts';

export interface BookSyncInit {
  readonly self: PeerId;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly book: OfferBook;
  /** Whether we do new business with this desk. */
  readonly allows: (id: PeerId) => boolean;
  /** The desks with which we compare the whole book; none in a small network. */
  readonly links: () => readonly PeerId[];
  /** The offers in our digest. */
  readonly openBook: () => Iterable<OfferTerms>;
  /** Processes an offer from a list like an announced one. */
  readonly onListed: (offer: ListedOffer) => Promise<Answer>;
  readonly failed: (error: unknown) => void;
}

const LISTS = { concurrency: DESK_LIMITS.listsAtOnce, waitingMax: DESK_LIMITS.peersMax };

/** A position in the order of all offers: by id, then by maker. */
interface BookPosition {
  readonly after: OfferId | null;
  readonly afterMaker: PeerId | null;
}

const BOOK_START: BookPosition = { after: null, afterMaker: null };

export class BookSync {
  readonly #init: BookSyncInit;
  /** Two limiters: requests to makers that are gone time out, and must not delay the first list of a new desk. */
  readonly #firstLists = new ConcurrencyLimiter(LISTS);
  readonly #laterLists = new ConcurrencyLimiter(LISTS);
  readonly #waiting = new Set<PeerId>();
  #alarm: Alarm | null = null;
  #rounds = 0;
  #booksAsked = 0;
  /** Where the next comparison of whole books begins. */
  #bookPosition = BOOK_START;
  #running = false;

  constructor(init: BookSyncInit) {
    this.#init = init;
  }

  start(): void {
    this.#running = true;
    this.#armAlarm();
  }

  stop(): void {
    this.#running = false;
    this.#alarm?.cancel();
    this.#firstLists.stop();
    this.#laterLists.stop();
  }

  /** Called for a peer that may have offers that we don't know. */
  onPeer(id: PeerId): void {
    if (this.#init.links().length === 0) this.#askForList(this.#firstLists, id);
  }

  /** A hello may contain the number of its desk's open offers. */
  onHello({ desk, offers = 1 }: DeskHello): void {
    if (offers > this.#init.book.countOf(desk)) this.onPeer(desk);
  }

  /** Called for each new link. We ask the first few links for the whole book. */
  onLink(id: PeerId): void {
    if (this.#booksAsked >= DESK_LIMITS.booksAskedFirst || !this.#running) return;
    this.#booksAsked += 1;
    this.#enqueue(this.#firstLists, () => this.#compareBooks(id));
  }

  #armAlarm(): void {
    const { clock, self } = this.#init;
    this.#rounds += 1;
    const inMs = jitteredMs(DESK_LIMITS.bookSyncMs, `${self} list ${this.#rounds}`);
    this.#alarm = clock.wakeAtMonotonic(clock.monotonicNow() + inMs, () => {
      this.#nextRound();
      this.#armAlarm();
    });
  }

  #nextRound(): void {
    const links = this.#init.links();
    if (links.length === 0) {
      for (const maker of this.#makers()) this.#askForList(this.#laterLists, maker);
      return;
    }
    const turn = Math.floor(fractionOf(`${this.#init.self} book ${this.#rounds}`) * links.length);
    const link = links[turn];
    if (link !== undefined) this.#enqueue(this.#laterLists, () => this.#compareBooks(link));
  }

  /** The makers of offers that we only saw; takers ask about accepted ones. Clients of the original have no lists. */
  #makers(): readonly PeerId[] {
    const makers = new Set<PeerId>();
    for (const { state } of this.#init.book.others.running()) {
      if (state?.phase === 'seen' && state.dialect === 'grapevine') makers.add(state.terms.maker);
    }
    return this.#someOf(makers);
  }

  /** Others in each round. */
  #someOf(makers: Iterable<PeerId>): readonly PeerId[] {
    const seed = `${this.#init.self} ${this.#rounds}`;
    return sortByHash(makers, seed).slice(0, DESK_LIMITS.makersPerRound);
  }

  #askForList(limiter: ConcurrencyLimiter, maker: PeerId): void {
    if (!this.#running || this.#waiting.has(maker) || !this.#init.allows(maker)) return;
    // Added before the call, which may start the work, and so remove the entry, before it returns.
    this.#waiting.add(maker);
    const isQueued = this.#enqueue(limiter, () => {
      this.#waiting.delete(maker);
      return this.#compareList(maker);
    });
    if (!isQueued) this.#waiting.delete(maker);
  }

  /** @returns false when too many requests wait already */
  #enqueue(limiter: ConcurrencyLimiter, work: () => Promise<void>): boolean {
    const done = limiter.run(work);
    done?.catch(this.#init.failed);
    return done !== null;
  }

  async #compareList(maker: PeerId): Promise<void> {
    // Read before the request: an offer that arrives in the meantime may be missing in every page.
    const before = this.#seenOf(maker);
    const listed = new Set<OfferId>();
    let after: OfferId | null = null;
    for (let page = 0; page < DESK_LIMITS.listPagesMax; page += 1) {
      const list = await this.#page({ asked: maker, after });
      if (list === null || !isOwnList(list, maker, after) || !this.#running) return;
      for (const { terms } of list.offers) listed.add(terms.offerId);
      await Promise.all(list.offers.map((offer) => this.#init.onListed(offer)));
      after = list.next;
      if (after === null) break;
    }
    await dropUnlisted(before, listed, after);
  }

  /**
   * Gets the offers that only the link knows. Asks the makers of the offers that only we know. Where a link refuses further
   * pages, the next comparison continues there, with any link: all list in the same order.
   */
  async #compareBooks(link: PeerId): Promise<void> {
    const before = [...this.#init.openBook()];
    const digest = new BookDigest(before).toString();
    const listed = new Set<OfferId>();
    let position = this.#bookPosition;
    const isWhole = position === BOOK_START;
    this.#bookPosition = BOOK_START;
    for (let page = 0; page < DESK_LIMITS.bookPagesMax; page += 1) {
      const { after, afterMaker } = position;
      const list: ListAnswer | null = await this.#page({ asked: link, after, book: { afterMaker, digest } });
      if (list?.digest === undefined || !isInOrder(list, after) || !this.#running) break;
      for (const { terms } of list.offers) listed.add(terms.offerId);
      await Promise.all(list.offers.map((offer) => this.#init.onListed(offer)));
      if (list.next === null) {
        if (isWhole) this.#askMakersOfUnlisted(before, listed, list.digest);
        return;
      }
      position = { after: list.next, afterMaker: list.nextMaker ?? null };
    }
    this.#bookPosition = position;
  }

  #askMakersOfUnlisted(before: readonly OfferTerms[], listed: ReadonlySet<OfferId>, theirs: string): void {
    const digest = new BookDigest(before);
    const unlisted = before.filter((terms) => !listed.has(terms.offerId) && !digest.agreesOn(terms, theirs));
    const makers = new Set(unlisted.map(({ maker }) => maker));
    makers.delete(this.#init.self);
    for (const maker of this.#someOf([...makers])) this.#askForList(this.#laterLists, maker);
  }

  /** @returns null if the desk did not send a list */
  async #page(question: Pick<OfferList, 'asked' | 'after' | 'book'>): Promise<ListAnswer | null> {
    const { self, outbox } = this.#init;
    const list = await outbox.ask(
      { id: question.asked, dialect: 'grapevine' },
      { cmd: 'offer:list', asking: self, limit: LIMITS.listPageMax, ...question },
    );
    return list.kind === 'list' ? list : null;
  }

  #seenOf(maker: PeerId): readonly TakerActor[] {
    return this.#init.book.ofMaker(maker).filter(({ state }) => state?.phase === 'seen');
  }
}

/** Whether a page has only the maker's own offers, ordered by id, between the requested start and the next page. */
function isOwnList(list: ListAnswer, maker: PeerId, after: OfferId | null): boolean {
  const ids = list.offers.map(({ terms }) => terms.offerId);
  return (
    isInOrder(list, after) &&
    list.offers.every(({ terms }) => terms.maker === maker) &&
    new Set(ids).size === ids.length &&
    ids[0] !== after
  );
}

/** Each page continues after the previous one, so that the list ends. */
function isInOrder({ offers, next }: ListAnswer, after: OfferId | null): boolean {
  let last = after;
  for (const { terms } of offers) {
    if (last !== null && terms.offerId < last) return false;
    last = terms.offerId;
  }
  return next === null || (offers.length > 0 && next === last);
}

/** @param after where reading stopped; null: the list was read to its end */
async function dropUnlisted(
  before: readonly TakerActor[],
  listed: ReadonlySet<OfferId>,
  after: OfferId | null,
): Promise<void> {
  for (const actor of before) {
    const offerId = actor.state?.terms.offerId;
    if (offerId === undefined || listed.has(offerId) || (after !== null && offerId > after)) continue;
    await actor.submit({ kind: 'unlisted' });
  }
}
