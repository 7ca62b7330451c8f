/**
 * Where requests of others come in: unknown -> message -> sender -> the one queue of the offer that it is about. The order
 * of checks is the order of their cost. What somebody is told about a deal is signed.
 */
import type { Identity, Sender } from '../ports/identity.ts';
import type { IncomingRequest, Reply } from '../ports/network.ts';
import type { RateLimit } from '../ports/rate-limit.ts';
import { GrapevineError, type ErrorCode } from '../protocol/errors.ts';
import { offerKey, type OfferKey } from '../protocol/ids.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';
import {
  refusal,
  type Answer,
  type BroadcastMessage,
  type DeskHello,
  type ListedOffer,
  type Message,
  type OfferDone,
  type OfferList,
  type OfferNew,
  type OfferTerms,
  type Peer,
  type Refusal,
} from '../protocol/messages.ts';
import type { Received } from '../protocol/step.ts';
import { encodeAnswer } from '../wire/answer-codec.ts';
import { authToWire } from '../wire/auth-codec.ts';
import { readSignature } from '../wire/auth-codec.ts';
import { parsePayload } from '../wire/message-codec.ts';
import { recipientOf, speakerOf } from '../wire/statement.ts';
import type { AccessList } from './access-list.ts';
import { namesOf, type EquivocationWatch } from './equivocation-watch.ts';
import type { OfferBook, TakerActor } from './offer-book.ts';
import type { Neighbours } from './neighbours.ts';
import { listOffers } from './offer-list.ts';
import type { Counter } from './counter.ts';
import { whenKnown } from './when-known.ts';

/** To everybody who broadcasts: received. What we make of it is none of the sender's business. */
const RECEIVED: Reply = { error: null, result: null };

export interface RequestHandlerInit {
  readonly identity: Identity;
  readonly book: OfferBook;
  readonly access: AccessList;
  readonly rateLimit: RateLimit;
  /** Pages of our list for each peer. */
  readonly listLimit: RateLimit;
  readonly neighbours: Neighbours;
  readonly watch: EquivocationWatch;
  readonly now: () => number;
  /** Refusals by code. */
  readonly refusals: Counter<ErrorCode>;
  /** Told what went wrong in the work on a broadcast, which nobody waits for. */
  readonly failed: (error: unknown) => void;
  /** An offer that we know was announced or listed again. */
  readonly repeated: (offer: OfferKey) => void;
  readonly equivocated: (names: ReturnType<typeof namesOf>, statements: Contradiction) => Promise<void>;
}

type Contradiction = NonNullable<ReturnType<EquivocationWatch['check']>>;

interface Established<M extends Message = Message> {
  readonly message: M;
  readonly sender: Sender;
}

export class RequestHandler {
  readonly #init: RequestHandlerInit;
  #inProgress = 0;

  constructor(init: RequestHandlerInit) {
    this.#init = init;
  }

  handle(request: IncomingRequest): Reply | Promise<Reply> {
    if (this.#inProgress >= TRANSPORT_LIMITS.requestsInProgressMax) {
      return this.#refuse(refusal('ERR_OVERLOADED', 'too many requests are being worked on'));
    }
    this.#inProgress += 1;
    try {
      const reply = this.#handle(request);
      if (reply instanceof Promise) return reply.then(this.#ended, this.#failed);
      return this.#ended(reply);
    } catch (error) {
      return this.#failed(error);
    }
  }

  readonly #ended = (reply: Reply): Reply => {
    this.#inProgress -= 1;
    return reply;
  };

  readonly #failed = (error: unknown): Reply => {
    this.#inProgress -= 1;
    if (error instanceof GrapevineError) return this.#refuse(refusal(error.code, error.message));
    throw error;
  };

  #handle({ service, payload }: IncomingRequest): Reply | Promise<Reply> {
    const isPassedOn = service === 'broadcast' && isMarkedPassedOn(payload);
    if (isPassedOn && this.#isSeen(payload)) return RECEIVED;
    return whenKnown(this.#read(payload), (established) =>
      service === 'direct' ? this.#reply(established) : this.#receipt(asBroadcast(established), isPassedOn),
    );
  }

  #receipt(broadcast: Established<BroadcastMessage | DeskHello>, isPassedOn: boolean): Reply | Promise<Reply> {
    const { message } = broadcast;
    const full = isPassedOn ? null : this.#fullFor(message);
    if (full !== null) return this.#refuse(full);
    this.#onBroadcast(broadcast, isPassedOn);
    return message.cmd === 'desk:hello' ? this.#helloReply(message) : RECEIVED;
  }

  #refuse(answer: Refusal): Reply {
    this.#init.refusals.count(answer.code);
    return encodeAnswer(answer);
  }

  #read(payload: unknown): Established | Promise<Established> {
    const { identity, rateLimit } = this.#init;
    const { message, auth } = parsePayload(payload);
    const recipient = recipientOf(message);
    if (recipient !== null && recipient !== identity.id) {
      throw new GrapevineError('ERR_OFFER_UNKNOWN', 'this is for another desk');
    }
    const speaker = speakerOf(message);
    if (speaker !== null && !rateLimit.take(speaker)) {
      throw new GrapevineError('ERR_RATE_LIMITED', 'too many messages in this name; try again later');
    }
    return whenKnown(identity.establish(message, auth), (sender) => {
      if ('kind' in sender) throw new GrapevineError(sender.code, sender.text);
      this.#init.neighbours.onMessage(message, sender);
      return { message, sender };
    });
  }

  #reply({ message, sender }: Established): Reply | Promise<Reply> {
    return whenKnown(this.#outsider(message, sender) ?? this.#answer(message, sender), (answer) => {
      this.#counted(answer);
      const terms = answer.kind === 'confirmed' ? this.#termsOf(message) : undefined;
      return whenKnown(this.#init.identity.signAnswer(message, sender, answer, terms), (seal) =>
        encodeAnswer(answer, seal),
      );
    });
  }

  /** What a confirmation of ours is about. */
  #termsOf(message: Message): OfferTerms | undefined {
    if (message.cmd !== 'offer:accept:approved') return undefined;
    return this.#init.book.others.inMemory(offerKey(message.maker, message.offerId))?.state?.terms;
  }

  /** New business with somebody with whom we don't deal. */
  #outsider({ cmd }: Message, { peer }: Sender): Refusal | null {
    if (peer === null || (cmd !== 'offer:new' && cmd !== 'offer:accept' && cmd !== 'offer:list')) return null;
    if (this.#init.access.isBanned(peer.id)) {
      return refusal('ERR_EQUIVOCATION', 'this desk has signed two things that contradict each other');
    }
    return this.#init.access.admits(peer.id) ? null : refusal('ERR_NOT_ADMITTED', 'this desk does not deal with you');
  }

  /** Nothing else is said of a broadcast but this: a maker must be able to learn that its offer is not in our book. */
  #fullFor(message: BroadcastMessage | DeskHello): Refusal | null {
    if (message.cmd !== 'offer:new') return null;
    const { maker, offerId } = message.terms;
    const { book } = this.#init;
    return book.others.inMemory(offerKey(maker, offerId)) === undefined ? book.refusalFor(maker) : null;
  }

  /** Works on it after the receipt has been given: broadcasts are one-way. */
  #onBroadcast({ message, sender }: Established<BroadcastMessage | DeskHello>, isPassedOn: boolean): void {
    const outsider = this.#outsider(message, sender);
    if (outsider !== null) {
      this.#counted(outsider);
      return;
    }
    try {
      const work = whenKnown(this.#onFact(message, sender, isPassedOn), (answer) => {
        this.#onWorkedOn(message, sender, answer);
      });
      if (!(work instanceof Promise)) return;
      this.#inProgress += 1;
      work.catch(this.#init.failed).finally(() => {
        this.#inProgress -= 1;
      });
    } catch (error) {
      this.#init.failed(error);
    }
  }

  #onWorkedOn(message: BroadcastMessage | DeskHello, { auth }: Sender, answer: Answer): void {
    this.#counted(answer);
    if (answer.kind === 'refused' || message.cmd === 'desk:hello' || auth === undefined || 'mac' in auth) return;
    void this.#init.neighbours.spread(message, auth);
  }

  /** That an offer is passed on does not say that nobody waits for it, as its announcement by its maker does. */
  #onFact(message: BroadcastMessage | DeskHello, sender: Sender, isPassedOn: boolean): Answer | Promise<Answer> {
    const { auth } = sender;
    if (!isPassedOn || message.cmd !== 'offer:new' || auth === undefined || 'mac' in auth) {
      return this.#answer(message, sender);
    }
    return this.takeListed({ terms: message.terms, auth });
  }

  /** What was verified before needs no second look, whatever comes with its signature. */
  #isSeen(payload: unknown): boolean {
    const auth = readSignature((payload as { auth?: unknown }).auth);
    return auth !== null && this.#init.neighbours.isSeen(auth);
  }

  async #helloReply({ desk }: DeskHello): Promise<Reply> {
    const hello = await this.#init.neighbours.replyTo(desk);
    return hello === null ? RECEIVED : { error: null, result: hello };
  }

  #answer(message: Message, sender: Sender): Answer | Promise<Answer> {
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

  /** An offer out of its maker's list: the same door as for one that is announced. */
  async takeListed({ terms, auth }: ListedOffer): Promise<Answer> {
    const message: OfferNew = { cmd: 'offer:new', terms };
    const sender = await this.#init.identity.establish(message, auth && authToWire(auth));
    if ('kind' in sender) return this.#counted(sender);
    const known = this.#init.book.others.inMemory(offerKey(terms.maker, terms.offerId))?.state ?? null;
    // A repeated announcement says that nobody waits for the offer; a list does not, so that it is none. Who has given it up
    // does not wait.
    if (known !== null && known.phase !== 'gaveUp') {
      await this.#contradicts(message, sender);
      this.#init.repeated(offerKey(terms.maker, terms.offerId));
      return { kind: 'acknowledged' };
    }
    return this.#counted(this.#outsider(message, sender) ?? (await this.#onOffer(message, sender)));
  }

  #counted(answer: Answer): Answer {
    if (answer.kind === 'refused') this.#init.refusals.count(answer.code);
    return answer;
  }

  #list(message: OfferList): Answer | Promise<Answer> {
    if (this.#init.listLimit.take(message.taker)) return listOffers(this.#init, message);
    return refusal('ERR_RATE_LIMITED', 'you have had too many pages of this list; try again later');
  }

  #askMaker(
    message: Extract<Message, { cmd: 'offer:accept' | 'offer:accept:withdrawn' | 'offer:status' | 'deal:report' }>,
    sender: Sender,
  ): Answer | Promise<Answer> {
    const { peer } = sender;
    if (peer === null) return unknownOffer;
    return whenKnown(this.#init.book.own.find(message.maker, message.offerId), (actor) => {
      // Not even that there is such an offer, or how it ended, is for those whom it is not directed to.
      if (actor.state?.terms.to?.includes(peer.id) === false) {
        return refusal('ERR_NOT_ADDRESSED', 'this offer is for others');
      }
      // What a client of the original says its name is proves nothing.
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
    // An approval without an epoch is one of the original's; how the maker speaks was settled by its announcement.
    return whenKnown(this.#init.book.others.find(message.maker, message.offerId), (actor) =>
      answerOf(actor.ask({ kind: 'message', ...received(message, sender, peer) })),
    );
  }

  #onOffer(message: OfferNew, sender: Sender): Answer | Promise<Answer> {
    const { identity, book } = this.#init;
    const { maker, offerId } = message.terms;
    const { peer } = sender;
    if (peer === null || maker === identity.id) return refusal('ERR_CONTRADICTION', 'this offer is our own');
    return whenKnown(book.others.find(maker, offerId), (found) =>
      whenKnown(this.#contradicts(message, sender), (contradicts) =>
        contradicts
          ? refusal('ERR_EQUIVOCATION', 'you have signed another one')
          : this.#takeOffer(found, message, sender, peer),
      ),
    );
  }

  #takeOffer(found: TakerActor, message: OfferNew, sender: Sender, peer: Peer): Answer | Promise<Answer> {
    const { book } = this.#init;
    const { maker } = message.terms;
    if (found.state === null && book.hasEnded(found.offer)) return { kind: 'acknowledged' };
    const full = found.state === null ? book.makeRoomFor(maker) : null;
    if (full !== null) return full;
    const actor = found.state === null ? book.others.register(found) : found;
    const isNew = found.state === null && actor === found;
    // Before anything is waited for: many that come at once must not all find the same last place free.
    if (isNew) book.count(actor.offer, message.terms, peer.dialect === 'original');
    return whenKnown(actor.ask({ kind: 'message', ...received(message, sender, peer) }), (answer) => {
      if (!isNew) this.#init.repeated(actor.offer);
      else if (actor.state === null) book.dismiss(actor.offer, message.terms);
      return answer ?? unknownOffer;
    });
  }

  #onDone(message: OfferDone, sender: Sender): Answer | Promise<Answer> {
    const { identity, book } = this.#init;
    const { peer } = sender;
    if (message.maker === identity.id) return refusal('ERR_CONTRADICTION', 'this offer is our own');
    if (message.maker === null || peer === null) return this.#onNamelessDone(message);
    return whenKnown(book.others.find(message.maker, message.offerId), (actor) =>
      whenKnown(this.#contradicts(message, sender), (contradicts) => {
        if (contradicts) return refusal('ERR_EQUIVOCATION', 'you have signed another end');
        if (actor.state === null) return { kind: 'acknowledged' };
        return answerOf(actor.ask({ kind: 'message', ...received(message, sender, peer) }));
      }),
    );
  }

  /** Whether its maker has signed something else before; if so, that is kept and shown. */
  #contradicts(message: BroadcastMessage, { auth }: Sender): boolean | Promise<boolean> {
    const statements = auth === undefined || 'mac' in auth ? null : this.#init.watch.check(message, auth);
    return statements !== null && this.#init.equivocated(namesOf(message), statements).then(() => true);
  }

  /** The original does not say whose offer is done: it ends that of any maker of the original with this id. */
  async #onNamelessDone(message: OfferDone): Promise<Answer> {
    for (const actor of this.#init.book.originals(message.offerId)) {
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

/** By a desk that is not its maker; nothing but a hint, which saves both of us work. */
function isMarkedPassedOn(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'passedOn' in payload && payload.passedOn === true;
}

function asBroadcast({ message, sender }: Established): Established<BroadcastMessage | DeskHello> {
  const { cmd } = message;
  if (cmd === 'offer:new' || cmd === 'offer:done') return { message, sender };
  if (cmd === 'desk:hello' && message.to === null) return { message, sender };
  throw new GrapevineError('ERR_UNKNOWN_COMMAND', `${cmd} is for one desk, not for all`);
}
