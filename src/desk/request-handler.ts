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
import type { OfferBook } from './offer-book.ts';
import type { Neighbours } from './neighbours.ts';
import { listOffers } from './offer-list.ts';
import type { Counter } from './counter.ts';

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

  async handle(request: IncomingRequest): Promise<Reply> {
    if (this.#inProgress >= TRANSPORT_LIMITS.requestsInProgressMax) {
      return this.#refuse(refusal('ERR_OVERLOADED', 'too many requests are being worked on'));
    }
    this.#inProgress += 1;
    try {
      const isPassedOn = request.service === 'broadcast' && isMarkedPassedOn(request.payload);
      if (isPassedOn && this.#isSeen(request.payload)) return RECEIVED;
      const established = await this.#read(request.payload);
      if (request.service === 'direct') return await this.#reply(established);
      const broadcast = asBroadcast(established);
      const full = isPassedOn ? null : this.#fullFor(broadcast.message);
      if (full !== null) return this.#refuse(full);
      this.#onBroadcast(broadcast, isPassedOn);
      const { message } = established;
      return message.cmd === 'desk:hello' ? await this.#helloReply(message) : RECEIVED;
    } catch (error) {
      if (error instanceof GrapevineError) return this.#refuse(refusal(error.code, error.message));
      throw error;
    } finally {
      this.#inProgress -= 1;
    }
  }

  #refuse(answer: Refusal): Reply {
    this.#init.refusals.count(answer.code);
    return encodeAnswer(answer);
  }

  async #read(payload: unknown): Promise<Established> {
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
    const sender = await identity.establish(message, auth);
    if ('kind' in sender) throw new GrapevineError(sender.code, sender.text);
    this.#init.neighbours.onMessage(message, sender);
    return { message, sender };
  }

  async #reply({ message, sender }: Established): Promise<Reply> {
    const answer = this.#counted(this.#outsider(message, sender) ?? (await this.#answer(message, sender)));
    const terms = answer.kind === 'confirmed' ? this.#termsOf(message) : undefined;
    return encodeAnswer(answer, await this.#init.identity.signAnswer(message, sender, answer, terms));
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
    const work = this.#onFact(message, sender, isPassedOn).then((answer) => {
      this.#counted(answer);
      const { auth } = sender;
      if (answer.kind === 'refused' || message.cmd === 'desk:hello' || auth === undefined || 'mac' in auth) return;
      void this.#init.neighbours.spread(message, auth);
    });
    this.#inProgress += 1;
    work.catch(this.#init.failed).finally(() => {
      this.#inProgress -= 1;
    });
  }

  /** That an offer is passed on does not say that nobody waits for it, as its announcement by its maker does. */
  #onFact(message: BroadcastMessage | DeskHello, sender: Sender, isPassedOn: boolean): Promise<Answer> {
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

  async #answer(message: Message, sender: Sender): Promise<Answer> {
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

  async #askMaker(
    message: Extract<Message, { cmd: 'offer:accept' | 'offer:accept:withdrawn' | 'offer:status' | 'deal:report' }>,
    sender: Sender,
  ): Promise<Answer> {
    if (sender.peer === null) return unknownOffer;
    const actor = await this.#init.book.own.find(message.maker, message.offerId);
    // Not even that there is such an offer, or how it ended, is for those whom it is not directed to.
    if (actor.state?.terms.to?.includes(sender.peer.id) === false) {
      return refusal('ERR_NOT_ADDRESSED', 'this offer is for others');
    }
    const { id, dialect } = sender.peer;
    // What a client of the original says its name is proves nothing.
    const isKnown = dialect === 'grapevine' && this.#init.book.isKnown(id);
    const asked = { kind: 'message', ...received(message, sender, sender.peer), isKnown } as const;
    return (await actor.ask(asked)) ?? unknownOffer;
  }

  async #askTaker(
    message: Extract<Message, { cmd: 'offer:accept:approved' | 'offer:accept:released' | 'deal:report' }>,
    sender: Sender,
  ): Promise<Answer> {
    if (sender.peer === null) return unknownOffer;
    const actor = await this.#init.book.others.find(message.maker, message.offerId);
    // An approval without an epoch is one of the original's; how the maker speaks was settled by its announcement.
    return (await actor.ask({ kind: 'message', ...received(message, sender, sender.peer) })) ?? unknownOffer;
  }

  async #onOffer(message: OfferNew, sender: Sender): Promise<Answer> {
    const { identity, book } = this.#init;
    const { maker, offerId } = message.terms;
    if (sender.peer === null || maker === identity.id) return refusal('ERR_CONTRADICTION', 'this offer is our own');
    const found = await book.others.find(maker, offerId);
    if (await this.#contradicts(message, sender)) return refusal('ERR_EQUIVOCATION', 'you have signed another one');
    if (found.state === null && book.hasEnded(found.offer)) return { kind: 'acknowledged' };
    const full = found.state === null ? book.makeRoomFor(maker) : null;
    if (full !== null) return full;
    const actor = found.state === null ? book.others.register(found) : found;
    const isNew = found.state === null && actor === found;
    // Before anything is waited for: many that come at once must not all find the same last place free.
    if (isNew) book.count(actor.offer, message.terms, sender.peer.dialect === 'original');
    const answer = await actor.ask({ kind: 'message', ...received(message, sender, sender.peer) });
    if (!isNew) this.#init.repeated(actor.offer);
    else if (actor.state === null) book.dismiss(actor.offer, message.terms);
    return answer ?? unknownOffer;
  }

  async #onDone(message: OfferDone, sender: Sender): Promise<Answer> {
    const { identity, book } = this.#init;
    if (message.maker === identity.id) return refusal('ERR_CONTRADICTION', 'this offer is our own');
    if (message.maker === null || sender.peer === null) return this.#onNamelessDone(message);
    const actor = await book.others.find(message.maker, message.offerId);
    if (await this.#contradicts(message, sender)) return refusal('ERR_EQUIVOCATION', 'you have signed another end');
    if (actor.state === null) return { kind: 'acknowledged' };
    return (await actor.ask({ kind: 'message', ...received(message, sender, sender.peer) })) ?? unknownOffer;
  }

  /** Whether its maker has signed something else before; if so, that is kept and shown. */
  async #contradicts(message: BroadcastMessage, { auth }: Sender): Promise<boolean> {
    const statements = auth === undefined || 'mac' in auth ? null : this.#init.watch.check(message, auth);
    if (statements === null) return false;
    await this.#init.equivocated(namesOf(message), statements);
    return true;
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
