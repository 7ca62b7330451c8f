/**
 * Handles requests of peers: parse, authenticate, dispatch, encode the answer. Cheap checks come first. The answer to an
 * authenticated direct message has a MAC or a signature. What is refused earlier has neither.
 */
import type { Author, Identity } from '../ports/identity.ts';
import type { IncomingRequest, Reply } from '../ports/network.ts';
import type { RateLimit } from '../ports/rate-limit.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { offerKey } from '../protocol/ids.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';
import {
  refusal,
  type Answer,
  type BroadcastMessage,
  type DeskHello,
  type Message,
  type OfferTerms,
  type Refusal,
} from '../protocol/messages.ts';
import { encodeAnswer } from '../wire/answer-codec.ts';
import { readSignature } from '../wire/auth-codec.ts';
import { parsePayload } from '../wire/message-codec.ts';
import { recipientOf, speakerOf } from '../wire/statement.ts';
import type { OfferBook } from './offer-book.ts';
import type { Neighbours } from './neighbours.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { RefusalCounter } from './refusal-counter.ts';
import { whenKnown } from './when-known.ts';

/** The answer to every broadcast: only that it was received. */
const RECEIVED: Reply = { error: null, result: null };

export interface RequestHandlerInit {
  readonly identity: Identity;
  readonly book: OfferBook;
  readonly rateLimit: RateLimit;
  readonly dispatcher: Dispatcher;
  readonly neighbours: Neighbours;
  readonly refusals: RefusalCounter;
  /** Called with an error from processing a broadcast, which no caller waits for. */
  readonly failed: (error: unknown) => void;
}

interface Authenticated<M extends Message = Message> {
  readonly message: M;
  readonly author: Author;
}

export class RequestHandler {
  readonly #init: RequestHandlerInit;
  #inProgress = 0;

  constructor(init: RequestHandlerInit) {
    this.#init = init;
  }

  handle(request: IncomingRequest): Reply | Promise<Reply> {
    if (this.#inProgress >= TRANSPORT_LIMITS.requestsInProgressMax) {
      return this.#refuse(refusal('ERR_OVERLOADED', 'this desk is processing too many requests; try again later'));
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

  #handle({ service, payload, network }: IncomingRequest): Reply | Promise<Reply> {
    const isPassedOn = service === 'broadcast' && isMarkedPassedOn(payload);
    if (isPassedOn && this.#isSeen(payload)) return RECEIVED;
    return whenKnown(this.#read(payload), (authenticated) => {
      const reply =
        service === 'direct' ? this.#reply(authenticated) : this.#acknowledge(asBroadcast(authenticated), isPassedOn);
      if (network !== undefined) this.#init.neighbours.onNetwork(network, authenticated.message);
      return reply;
    });
  }

  #acknowledge(broadcast: Authenticated<BroadcastMessage | DeskHello>, isPassedOn: boolean): Reply | Promise<Reply> {
    const { message } = broadcast;
    const refused = isPassedOn ? null : this.#refusalFor(message);
    if (refused !== null) return this.#refuse(refused);
    this.#onBroadcast(broadcast, isPassedOn);
    return message.cmd === 'desk:hello' ? this.#helloReply(message) : RECEIVED;
  }

  #refuse(answer: Refusal): Reply {
    return encodeAnswer(this.#init.refusals.count(answer));
  }

  #read(payload: unknown): Authenticated | Promise<Authenticated> {
    const { identity, rateLimit } = this.#init;
    const { message, auth } = parsePayload(payload);
    const recipient = recipientOf(message);
    if (recipient !== null && recipient !== identity.id) {
      throw new GrapevineError('ERR_OFFER_UNKNOWN', 'this message is for another desk');
    }
    const speaker = speakerOf(message);
    if (speaker !== null && !rateLimit.take(speaker)) {
      throw new GrapevineError('ERR_RATE_LIMITED', 'too many messages of this sender; try again later');
    }
    return whenKnown(identity.authenticate(message, auth), (author) => {
      if ('kind' in author) throw new GrapevineError(author.code, author.text);
      this.#init.neighbours.onMessage(message, author);
      return { message, author };
    });
  }

  #reply({ message, author }: Authenticated): Reply | Promise<Reply> {
    return whenKnown(
      this.#init.dispatcher.accessRefusal(message, author) ?? this.#init.dispatcher.answer(message, author),
      (answer) => {
        this.#init.refusals.count(answer);
        const terms = answer.kind === 'confirmed' ? this.#termsOf(message) : undefined;
        return whenKnown(this.#init.identity.signAnswer(message, author, answer, terms), (auth) =>
          encodeAnswer(answer, auth),
        );
      },
    );
  }

  /** The terms of the offer that we confirm. */
  #termsOf(message: Message): OfferTerms | undefined {
    if (message.cmd !== 'offer:accept:approved') return undefined;
    return this.#init.book.others.inMemory(offerKey(message.maker, message.offerId))?.state?.terms;
  }

  /** The only other answer to a broadcast: the maker learns that its offer has no place in our book. */
  #refusalFor(message: BroadcastMessage | DeskHello): Refusal | null {
    if (message.cmd !== 'offer:new') return null;
    const { maker, offerId } = message.terms;
    const { book } = this.#init;
    return book.others.inMemory(offerKey(maker, offerId)) === undefined ? book.refusalFor(maker) : null;
  }

  /** Runs after the answer was sent: broadcasts are one-way. */
  #onBroadcast({ message, author }: Authenticated<BroadcastMessage | DeskHello>, isPassedOn: boolean): void {
    const refused = this.#init.dispatcher.accessRefusal(message, author);
    if (refused !== null) {
      this.#init.refusals.count(refused);
      return;
    }
    try {
      const work = whenKnown(this.#onFact(message, author, isPassedOn), (answer) =>
        this.#onProcessed(message, author, answer),
      );
      if (!(work instanceof Promise)) return;
      this.#inProgress += 1;
      work.catch(this.#init.failed).finally(() => {
        this.#inProgress -= 1;
      });
    } catch (error) {
      this.#init.failed(error);
    }
  }

  #onProcessed(message: BroadcastMessage | DeskHello, { auth }: Author, answer: Answer): void {
    this.#init.refusals.count(answer);
    if (answer.kind === 'refused' || message.cmd === 'desk:hello' || auth === undefined || 'mac' in auth) return;
    void this.#init.neighbours.spread(message, auth);
  }

  #onFact(message: BroadcastMessage | DeskHello, author: Author, isPassedOn: boolean): Answer | Promise<Answer> {
    const { dispatcher } = this.#init;
    const isSecondHand =
      isPassedOn && message.cmd === 'offer:new' && author.auth !== undefined && !('mac' in author.auth);
    return isSecondHand ? dispatcher.onSecondHand(message, author) : dispatcher.answer(message, author);
  }

  /** Whether this signature was verified before: then the message is a repetition or a forgery, and is skipped. */
  #isSeen(payload: unknown): boolean {
    const auth = readSignature((payload as { auth?: unknown }).auth);
    return auth !== null && this.#init.neighbours.isSeen(auth);
  }

  async #helloReply({ desk }: DeskHello): Promise<Reply> {
    const hello = await this.#init.neighbours.replyTo(desk);
    return hello === null ? RECEIVED : { error: null, result: hello };
  }
}

/** Whether the sender says that it is not the maker. Only a hint, which saves work on both sides. */
function isMarkedPassedOn(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'passedOn' in payload && payload.passedOn === true;
}

function asBroadcast({ message, author }: Authenticated): Authenticated<BroadcastMessage | DeskHello> {
  const { cmd } = message;
  if (cmd === 'offer:new' || cmd === 'offer:done') return { message, author };
  if (cmd === 'desk:hello' && message.to === null) return { message, author };
  throw new GrapevineError('ERR_UNKNOWN_COMMAND', `${cmd} is a direct message, not a broadcast`);
}
