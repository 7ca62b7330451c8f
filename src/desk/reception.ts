/**
 * Where requests of others come in: unknown -> message -> sender -> the one queue of the offer that it is about. The order
 * of checks is the order of their cost.
 */
import type { Identity, Sender } from '../ports/identity.ts';
import type { IncomingRequest, Reply } from '../ports/network.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import {
  refusal,
  type Answer,
  type BroadcastMessage,
  type Message,
  type OfferDone,
  type OfferList,
  type OfferNew,
  type OfferTerms,
  type Peer,
} from '../protocol/messages.ts';
import { encodeAnswer } from '../wire/answer-codec.ts';
import { parsePayload } from '../wire/message-codec.ts';
import type { OfferBook } from './offer-book.ts';

/** To everybody who broadcasts: received. What we make of it is none of the sender's business. */
const RECEIVED: Reply = { error: null, result: null };

interface Established<M extends Message = Message> {
  readonly message: M;
  readonly from: Sender;
}

export class Reception {
  readonly #identity: Identity;
  readonly #book: OfferBook;
  readonly #now: () => number;
  readonly #failed: (error: unknown) => void;
  #inProgress = 0;

  /** @param failed told what went wrong in the work on a broadcast, which nobody waits for */
  constructor(identity: Identity, book: OfferBook, now: () => number, failed: (error: unknown) => void) {
    this.#identity = identity;
    this.#book = book;
    this.#now = now;
    this.#failed = failed;
  }

  async handle(request: IncomingRequest): Promise<Reply> {
    if (this.#inProgress >= LIMITS.requestsInProgressMax) {
      return encodeAnswer(refusal('ERR_OVERLOADED', 'too many requests are being worked on'));
    }
    this.#inProgress += 1;
    try {
      const { message, from } = this.#read(request.payload);
      if (request.service === 'direct') return encodeAnswer(await this.#answer(message, from));
      this.#hear(asBroadcast(message), from);
      return RECEIVED;
    } catch (error) {
      if (error instanceof GrapevineError) return encodeAnswer(refusal(error.code, error.message));
      throw error;
    } finally {
      this.#inProgress -= 1;
    }
  }

  #read(payload: unknown): Established {
    const { message, auth } = parsePayload(payload);
    const from = this.#identity.establish(message, auth);
    if ('kind' in from) throw new GrapevineError(from.code, from.text);
    return { message, from };
  }

  /** Works on it after the receipt has been given: broadcasts are one-way. */
  #hear(message: BroadcastMessage, from: Sender): void {
    const work = message.cmd === 'offer:new' ? this.#onOffer(message, from) : this.#onDone(message, from);
    this.#inProgress += 1;
    work.catch(this.#failed).finally(() => {
      this.#inProgress -= 1;
    });
  }

  async #answer(message: Message, from: Sender): Promise<Answer> {
    switch (message.cmd) {
      case 'offer:accept':
      case 'offer:status':
        return this.#askMaker(message, from);
      case 'offer:accept:approved':
      case 'offer:accept:released':
        return this.#askTaker(message, from);
      case 'offer:done':
        return this.#onDone(message, from);
      case 'offer:new':
        return this.#onOffer(message, from);
      case 'offer:list':
        return this.#list(message);
    }
  }

  async #askMaker(message: Extract<Message, { cmd: 'offer:accept' | 'offer:status' }>, from: Sender): Promise<Answer> {
    if (from.peer === null || message.maker !== this.#identity.id) return unknownOffer;
    const actor = await this.#book.own.find(message.maker, message.offerId);
    return (await actor.ask({ kind: 'message', from: from.peer, message })) ?? unknownOffer;
  }

  async #askTaker(
    message: Extract<Message, { cmd: 'offer:accept:approved' | 'offer:accept:released' }>,
    from: Sender,
  ): Promise<Answer> {
    if (from.peer === null || message.taker !== this.#identity.id) return unknownOffer;
    const actor = await this.#book.others.find(message.maker, message.offerId);
    // An approval without an epoch is one of the original's; how the maker speaks was settled by its announcement.
    return (await actor.ask({ kind: 'message', from: from.peer, message })) ?? unknownOffer;
  }

  async #onOffer(message: OfferNew, from: Sender): Promise<Answer> {
    const { maker, offerId } = message.terms;
    if (from.peer === null || maker === this.#identity.id) return refusal('ERR_CONTRADICTION', 'this offer is our own');
    const found = await this.#book.others.find(maker, offerId);
    if (found.state === null && !this.#book.hasRoomFor(maker)) {
      return refusal('ERR_OVERLOADED', 'too many open offers');
    }
    const actor = found.state === null ? this.#book.others.keep(found) : found;
    const isNew = found.state === null && actor === found;
    // Before anything is waited for: many that come at once must not all find the same last place free.
    if (isNew) this.#book.count(actor.offer, message.terms, from.peer.dialect === 'original');
    const answer = await actor.ask({ kind: 'message', from: from.peer, message });
    if (isNew && actor.state === null) this.#book.dismiss(actor.offer, message.terms);
    return answer ?? unknownOffer;
  }

  async #onDone(message: OfferDone, from: Sender): Promise<Answer> {
    if (message.maker === this.#identity.id) return refusal('ERR_CONTRADICTION', 'this offer is our own');
    if (message.maker === null || from.peer === null) return this.#onNamelessDone(message);
    const actor = await this.#book.others.find(message.maker, message.offerId);
    if (actor.state === null) return { kind: 'acknowledged' };
    return (await actor.ask({ kind: 'message', from: from.peer, message })) ?? unknownOffer;
  }

  /** The original does not say whose offer is done: it ends that of any maker of the original with this id. */
  async #onNamelessDone(message: OfferDone): Promise<Answer> {
    for (const actor of this.#book.originals(message.offerId)) {
      const maker = actor.state?.terms.maker;
      if (maker === undefined) continue;
      const from: Peer = { id: maker, dialect: 'original' };
      await actor.ask({ kind: 'message', from, message });
    }
    return { kind: 'acknowledged' };
  }

  #list({ after, limit }: OfferList): Answer {
    const now = this.#now();
    const open: OfferTerms[] = [];
    for (const { state } of this.#book.own.running()) {
      if (state === null || (state.phase !== 'open' && state.phase !== 'reserved')) continue;
      if (state.terms.expiresAt !== null && state.terms.expiresAt <= now) continue;
      if (after === null || state.terms.offerId > after) open.push(state.terms);
    }
    open.sort((a, b) => (a.offerId < b.offerId ? -1 : 1));
    const offers = open.slice(0, limit);
    return { kind: 'list', offers, next: open.length > limit ? (offers.at(-1)?.offerId ?? null) : null };
  }
}

const unknownOffer = refusal('ERR_OFFER_UNKNOWN', 'no such offer here');

function asBroadcast(message: Message): BroadcastMessage {
  if (message.cmd === 'offer:new' || message.cmd === 'offer:done') return message;
  throw new GrapevineError('ERR_UNKNOWN_COMMAND', `${message.cmd} is for one desk, not for all`);
}
