/**
 * Passes each authenticated message to the part that answers it: the offer that it is about, the list of offers, or the
 * neighbours.
 */
import type { Author, Identity } from '../ports/identity.ts';
import type { RateLimit } from '../ports/rate-limit.ts';
import { offerKey, type OfferKey } from '../protocol/ids.ts';
import {
  refusal,
  type Answer,
  type BroadcastMessage,
  type ListedOffer,
  type Message,
  type OfferDone,
  type OfferList,
  type OfferNew,
  type Peer,
  type Refusal,
} from '../protocol/messages.ts';
import type { Received } from '../protocol/step.ts';
import { authToWire } from '../wire/auth-codec.ts';
import type { AccessList } from './access-list.ts';
import type { Bans } from './bans.ts';
import { subjectOf, type EquivocationWatch } from './equivocation-watch.ts';
import type { Neighbours } from './neighbours.ts';
import type { OfferBook, TakerActor } from './offer-book.ts';
import { listOffers } from './offer-list.ts';
import type { RefusalCounter } from './refusal-counter.ts';
import { whenKnown } from './when-known.ts';

export interface DispatcherInit {
  readonly identity: Identity;
  readonly book: OfferBook;
  readonly access: AccessList;
  /** Limits the pages of our list for each peer. */
  readonly listLimit: RateLimit;
  readonly neighbours: Neighbours;
  readonly watch: EquivocationWatch;
  readonly now: () => number;
  readonly refusals: RefusalCounter;
  /** Called when an offer that we know is announced or listed again. */
  readonly repeated: (offer: OfferKey) => void;
  readonly equivocated: Bans['onEquivocation'];
}

export class Dispatcher {
  readonly #init: DispatcherInit;

  constructor(init: DispatcherInit) {
    this.#init = init;
  }

  /** Refuses new business with a peer that is not admitted. */
  accessRefusal({ cmd }: Message, { peer }: Author): Refusal | null {
    if (peer === null || (cmd !== 'offer:new' && cmd !== 'offer:accept' && cmd !== 'offer:list')) return null;
    if (this.#init.access.isBanned(peer.id)) {
      return refusal('ERR_EQUIVOCATION', 'you have signed two contradicting statements');
    }
    return this.#init.access.admits(peer.id) ? null : refusal('ERR_NOT_ADMITTED', 'this desk does not deal with you');
  }

  answer(message: Message, author: Author): Answer | Promise<Answer> {
    switch (message.cmd) {
      case 'offer:accept':
      case 'offer:accept:withdrawn':
      case 'offer:status':
        return this.#askMaker(message, author);
      case 'offer:accept:approved':
      case 'offer:accept:released':
        return this.#askTaker(message, author);
      case 'offer:done':
        return this.#onDone(message, author);
      case 'deal:report':
        return message.by === 'maker' ? this.#askTaker(message, author) : this.#askMaker(message, author);
      case 'offer:new':
        return this.#onOffer(message, author);
      case 'offer:list':
        return this.#list(message);
      case 'desk:hello':
        return this.#init.neighbours.onHello(message, author);
    }
  }

  /** Processes an offer from a list. A refusal is counted. */
  async onListed({ terms, auth }: ListedOffer): Promise<Answer> {
    const message: OfferNew = { cmd: 'offer:new', terms };
    const author = await this.#init.identity.authenticate(message, auth && authToWire(auth));
    return this.#init.refusals.count('kind' in author ? author : await this.onSecondHand(message, author));
  }

  /**
   * Processes an offer that was listed or passed on, so its maker need not be its sender. An offer in memory is not
   * given to its actor, which would ask the maker for the status: a maker announces an offer again only while its queue
   * is empty, but a copy says nothing about the queue. The exception is an offer that we gave up: its actor does not
   * ask.
   */
  async onSecondHand(message: OfferNew, author: Author): Promise<Answer> {
    const offer = offerKey(message.terms.maker, message.terms.offerId);
    const known = this.#init.book.others.inMemory(offer)?.state ?? null;
    if (known === null || known.phase === 'gaveUp') {
      return this.accessRefusal(message, author) ?? this.#onOffer(message, author);
    }
    // Not refused, so that a copy that was passed on to us goes on to our links: they can detect the contradiction too.
    await this.#detectEquivocation(message, author);
    this.#init.repeated(offer);
    return { kind: 'acknowledged' };
  }

  #list(message: OfferList): Answer | Promise<Answer> {
    if (this.#init.listLimit.take(message.asking)) return listOffers(this.#init, message);
    return refusal('ERR_RATE_LIMITED', 'you have requested too many pages of this list; try again later');
  }

  #askMaker(
    message: Extract<Message, { cmd: 'offer:accept' | 'offer:accept:withdrawn' | 'offer:status' | 'deal:report' }>,
    author: Author,
  ): Answer | Promise<Answer> {
    const { peer } = author;
    if (peer === null) return unknownOffer;
    return whenKnown(this.#init.book.own.find(message.maker, message.offerId), (actor) => {
      // Other desks must not learn how a directed offer ended, or which takers wait.
      if (actor.state?.terms.to?.includes(peer.id) === false) {
        return refusal('ERR_NOT_ADDRESSED', 'this offer is for others');
      }
      // The name that a client of the original states is not proven.
      const isKnown = peer.dialect === 'grapevine' && this.#init.book.isKnown(peer.id);
      return answerOf(actor.ask({ kind: 'message', ...received(message, author, peer), isKnown }));
    });
  }

  #askTaker(
    message: Extract<Message, { cmd: 'offer:accept:approved' | 'offer:accept:released' | 'deal:report' }>,
    author: Author,
  ): Answer | Promise<Answer> {
    const { peer } = author;
    if (peer === null) return unknownOffer;
    return whenKnown(this.#init.book.others.find(message.maker, message.offerId), (actor) =>
      answerOf(actor.ask({ kind: 'message', ...received(message, author, peer) })),
    );
  }

  #onOffer(message: OfferNew, author: Author): Answer | Promise<Answer> {
    const { identity, book } = this.#init;
    const { maker, offerId } = message.terms;
    const { peer } = author;
    // Each offer:new names its maker, so `peer` is null only for the compiler.
    if (peer === null || maker === identity.id)
      return refusal('ERR_CONTRADICTION', 'the receiving desk is the maker of this offer');
    return whenKnown(book.others.find(maker, offerId), (found) =>
      whenKnown(this.#detectEquivocation(message, author), (isEquivocation) =>
        isEquivocation
          ? refusal('ERR_EQUIVOCATION', 'you have signed other terms for this offer')
          : this.#takeOffer(found, message, author, peer),
      ),
    );
  }

  #takeOffer(found: TakerActor, message: OfferNew, author: Author, peer: Peer): Answer | Promise<Answer> {
    const { book } = this.#init;
    const { maker } = message.terms;
    if (found.state === null && book.hasEnded(found.offer)) return { kind: 'acknowledged' };
    const refused = found.state === null ? book.makeRoomFor(maker) : null;
    if (refused !== null) return refused;
    // Another message about this offer may have been first while we waited: then this is its actor, not `found`.
    const actor = found.state === null ? book.others.register(found) : found;
    const isNew = found.state === null && actor === found;
    // Counted before the first wait: of many offers that arrive at once, only one may take the last free place.
    if (isNew) book.addToShare(actor.offer, message.terms);
    return whenKnown(actor.ask({ kind: 'message', ...received(message, author, peer) }), (answer) => {
      if (!isNew) this.#init.repeated(actor.offer);
      else if (actor.state === null) book.drop(actor.offer, message.terms);
      // An offer:new always has an answer; null is for inputs that nobody waits for.
      return answer ?? unknownOffer;
    });
  }

  #onDone(message: OfferDone, author: Author): Answer | Promise<Answer> {
    const { identity, book } = this.#init;
    const { peer } = author;
    if (message.maker === identity.id)
      return refusal('ERR_CONTRADICTION', 'the receiving desk is the maker of this offer');
    if (message.maker === null || peer === null) return this.#onNamelessDone(message);
    return whenKnown(book.others.find(message.maker, message.offerId), (actor) =>
      whenKnown(this.#detectEquivocation(message, author), (isEquivocation) => {
        if (isEquivocation) return refusal('ERR_EQUIVOCATION', 'you have signed another outcome of this offer');
        if (actor.state === null) return { kind: 'acknowledged' };
        return answerOf(actor.ask({ kind: 'message', ...received(message, author, peer) }));
      }),
    );
  }

  /** If the maker has signed a contradicting statement before, stores and reports the proof, bans the maker, and returns true. */
  #detectEquivocation(message: BroadcastMessage, { auth }: Author): boolean | Promise<boolean> {
    const statements = auth === undefined || 'mac' in auth ? null : this.#init.watch.check(message, auth);
    return statements !== null && this.#init.equivocated(subjectOf(message), statements).then(() => true);
  }

  /** The original does not name the maker in `offer:done`: this ends the offers with this id of all its makers. */
  async #onNamelessDone(message: OfferDone): Promise<Answer> {
    for (const actor of this.#init.book.ofOriginals(message.offerId)) {
      const maker = actor.state?.terms.maker;
      if (maker === undefined) continue;
      const from: Peer = { id: maker, dialect: 'original' };
      await actor.ask({ kind: 'message', from, message });
    }
    return { kind: 'acknowledged' };
  }
}

const unknownOffer = refusal('ERR_OFFER_UNKNOWN', 'no such offer here');

function answerOf(answer: Answer | null | Promise<Answer | null>): Answer | Promise<Answer> {
  return whenKnown(answer, (known) => known ?? unknownOffer);
}

function received<M extends Message>(message: M, { auth }: Author, from: Peer): Received<M> {
  return {
    from,
    message,
    ...(auth !== undefined && 'sig' in auth && { auth }),
  };
}
