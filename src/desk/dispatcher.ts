/** Passes each authenticated message to the part that answers it: an offer, the list of our offers, or our peers. */
import type { Identity, Sender } from '../ports/identity.ts';
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
  accessRefusal({ cmd }: Message, { peer }: Sender): Refusal | null {
    if (peer === null || (cmd !== 'offer:new' && cmd !== 'offer:accept' && cmd !== 'offer:list')) return null;
    if (this.#init.access.isBanned(peer.id)) {
      return refusal('ERR_EQUIVOCATION', 'you have signed two contradicting statements');
    }
    return this.#init.access.admits(peer.id) ? null : refusal('ERR_NOT_ADMITTED', 'this desk does not deal with you');
  }

  answer(message: Message, sender: Sender): Answer | Promise<Answer> {
    switch (message.cmd) {
      case 'offer:accept':
      case 'offer:accept:withdrawn':
      case 'offer:status':
        return this.#askMaker(message, sender);
      case 'offer:accept:approved':
      case 'offer:accept:released':
        return this.#askTaker(message, sender);
      case 'offer:done':
        return this.#onDone(message, sender);
      case 'deal:report':
        return message.by === 'maker' ? this.#askTaker(message, sender) : this.#askMaker(message, sender);
      case 'offer:new':
        return this.#onOffer(message, sender);
      case 'offer:list':
        return this.#list(message);
      case 'desk:hello':
        return this.#init.neighbours.onHello(message, sender);
    }
  }

  /** Processes an offer from its maker's list. A refusal is counted. */
  async onListed({ terms, auth }: ListedOffer): Promise<Answer> {
    const message: OfferNew = { cmd: 'offer:new', terms };
    const sender = await this.#init.identity.authenticate(message, auth && authToWire(auth));
    return this.#init.refusals.count('kind' in sender ? sender : await this.onRepeated(message, sender));
  }

  /**
   * Processes an offer that was listed or passed on. A known offer is not given to its actor: an announcement by the
   * maker itself means that no acceptance waits there, but a copy of it does not. A taker that gave up has no waiting
   * acceptance.
   */
  async onRepeated(message: OfferNew, sender: Sender): Promise<Answer> {
    const offer = offerKey(message.terms.maker, message.terms.offerId);
    const known = this.#init.book.others.inMemory(offer)?.state ?? null;
    if (known === null || known.phase === 'gaveUp') {
      return this.accessRefusal(message, sender) ?? this.#onOffer(message, sender);
    }
    await this.#contradicts(message, sender);
    this.#init.repeated(offer);
    return { kind: 'acknowledged' };
  }

  #list(message: OfferList): Answer | Promise<Answer> {
    if (this.#init.listLimit.take(message.taker)) return listOffers(this.#init, message);
    return refusal('ERR_RATE_LIMITED', 'you have requested too many pages of this list; try again later');
  }

  #askMaker(
    message: Extract<Message, { cmd: 'offer:accept' | 'offer:accept:withdrawn' | 'offer:status' | 'deal:report' }>,
    sender: Sender,
  ): Answer | Promise<Answer> {
    const { peer } = sender;
    if (peer === null) return unknownOffer;
    return whenKnown(this.#init.book.own.find(message.maker, message.offerId), (actor) => {
      // Other desks must not learn that a directed offer exists, or how it ended.
      if (actor.state?.terms.to?.includes(peer.id) === false) {
        return refusal('ERR_NOT_ADDRESSED', 'this offer is for others');
      }
      // The name that a client of the original states is not proven.
      const isKnown = peer.dialect === 'grapevine' && this.#init.book.isKnown(peer.id);
      return answerOf(actor.ask({ kind: 'message', ...received(message, sender, peer), isKnown }));
    });
  }

  #askTaker(
    message: Extract<Message, { cmd: 'offer:accept:approved' | 'offer:accept:released' | 'deal:report' }>,
    sender: Sender,
  ): Answer | Promise<Answer> {
    const { peer } = sender;
    if (peer === null) return unknownOffer;
    // Only clients of the original send approvals without an epoch; the maker's dialect is known from its announcement.
    return whenKnown(this.#init.book.others.find(message.maker, message.offerId), (actor) =>
      answerOf(actor.ask({ kind: 'message', ...received(message, sender, peer) })),
    );
  }

  #onOffer(message: OfferNew, sender: Sender): Answer | Promise<Answer> {
    const { identity, book } = this.#init;
    const { maker, offerId } = message.terms;
    const { peer } = sender;
    if (peer === null || maker === identity.id)
      return refusal('ERR_CONTRADICTION', 'the receiving desk is the maker of this offer');
    return whenKnown(book.others.find(maker, offerId), (found) =>
      whenKnown(this.#contradicts(message, sender), (contradicts) =>
        contradicts
          ? refusal('ERR_EQUIVOCATION', 'you have signed other terms for this offer')
          : this.#takeOffer(found, message, sender, peer),
      ),
    );
  }

  #takeOffer(found: TakerActor, message: OfferNew, sender: Sender, peer: Peer): Answer | Promise<Answer> {
    const { book } = this.#init;
    const { maker } = message.terms;
    if (found.state === null && book.hasEnded(found.offer)) return { kind: 'acknowledged' };
    const refused = found.state === null ? book.makeRoomFor(maker) : null;
    if (refused !== null) return refused;
    const actor = found.state === null ? book.others.register(found) : found;
    const isNew = found.state === null && actor === found;
    // Counted before the first wait: of many offers that arrive at once, only one may take the last free place.
    if (isNew) book.addToShare(actor.offer, message.terms);
    return whenKnown(actor.ask({ kind: 'message', ...received(message, sender, peer) }), (answer) => {
      if (!isNew) this.#init.repeated(actor.offer);
      else if (actor.state === null) book.drop(actor.offer, message.terms);
      return answer ?? unknownOffer;
    });
  }

  #onDone(message: OfferDone, sender: Sender): Answer | Promise<Answer> {
    const { identity, book } = this.#init;
    const { peer } = sender;
    if (message.maker === identity.id)
      return refusal('ERR_CONTRADICTION', 'the receiving desk is the maker of this offer');
    if (message.maker === null || peer === null) return this.#onNamelessDone(message);
    return whenKnown(book.others.find(message.maker, message.offerId), (actor) =>
      whenKnown(this.#contradicts(message, sender), (contradicts) => {
        if (contradicts) return refusal('ERR_EQUIVOCATION', 'you have signed another outcome of this offer');
        if (actor.state === null) return { kind: 'acknowledged' };
        return answerOf(actor.ask({ kind: 'message', ...received(message, sender, peer) }));
      }),
    );
  }

  /** Whether the maker signed a contradicting statement before. If so, stores and reports the proof. */
  #contradicts(message: BroadcastMessage, { auth }: Sender): boolean | Promise<boolean> {
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

function received<M extends Message>(message: M, { auth }: Sender, from: Peer): Received<M> {
  return {
    from,
    message,
    ...(auth !== undefined && 'sig' in auth && { auth }),
  };
}
