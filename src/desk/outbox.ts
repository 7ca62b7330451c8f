/** Sends the messages of steps: turns effects into requests, and returns their results to the offer. */
import type { Identity } from '../ports/identity.ts';
import type { BroadcastOptions, BroadcastResult, Network, RequestResult } from '../ports/network.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type {
  BroadcastMessage,
  DirectMessage,
  Message,
  MessageAuth,
  OfferTerms,
  Peer,
  SendResult,
  Signature,
} from '../protocol/messages.ts';
import type { Effect, ResultInput } from '../protocol/step.ts';
import { isDeskId } from '../wire/desk-id.ts';
import { encodeMessage, type Payload } from '../wire/message-codec.ts';
import { AnswerReader } from './answer-reader.ts';

interface RequestOptions {
  readonly once?: boolean;
  readonly at?: string | undefined;
  readonly mayRelay?: boolean;
  readonly terms?: OfferTerms | undefined;
}

/** The winner, unless it is a client of the original: it gets its `offer:done` directly, until it acknowledges it. */
function directRecipient(message: BroadcastMessage): PeerId | undefined {
  const winner = message.cmd === 'offer:done' ? message.winner : null;
  return winner !== null && isDeskId(winner) ? winner : undefined;
}

/** As in the result of a broadcast: null if it was received, ERR_REFUSED for a refusal with any code. */
function broadcastCodeOf(result: SendResult): ErrorCode | null {
  if (result.kind === 'refused') return 'ERR_REFUSED';
  return 'code' in result ? result.code : null;
}

export class Outbox {
  readonly #network: Network;
  readonly #identity: Identity;
  readonly #answered: (by: Peer, result: SendResult) => void;

  /** @param answered called with the result of each direct message */
  constructor(network: Network, identity: Identity, answered: (by: Peer, result: SendResult) => void) {
    this.#network = network;
    this.#identity = identity;
    this.#answered = answered;
  }

  /** @param terms of the offer; needed for a confirmation */
  send(
    { to, message, correlation, once }: Extract<Effect, { kind: 'send' }>,
    terms?: OfferTerms,
  ): Promise<ResultInput> {
    return this.#request(to, message, { once, terms }).then((result) => ({ kind: 'result', to, correlation, result }));
  }

  /** Sends one message to one desk. An answer counts only if it is really from that desk. Never rejects. */
  ask(to: Peer, message: DirectMessage): Promise<SendResult> {
    return this.#request(to, message, {});
  }

  /**
   * Like `ask`, but only to desks in our own networks, without a relay.
   * @param at the address where it probably is
   */
  askWithoutRelay(to: Peer, message: DirectMessage, at?: string): Promise<SendResult> {
    return this.#request(to, message, { at, mayRelay: false });
  }

  /** Sends to all desks, or only to those that the message is directed to. */
  async broadcast({ message, to }: Extract<Effect, { kind: 'broadcast' }>): Promise<BroadcastResult> {
    if (to !== undefined) return this.#sendToEach(to, message);
    return this.sendToAll(encodeMessage(message, await this.#identity.signFact(message)), {
      except: directRecipient(message),
    });
  }

  /** Sends to all desks that can be found. Never rejects. */
  sendToAll(payload: Payload, options?: BroadcastOptions): Promise<BroadcastResult> {
    return this.#network.broadcast(payload, options);
  }

  /** Passes a fact on to these addresses, without a lookup. */
  sendToAddresses(addresses: readonly string[], fact: BroadcastMessage, auth: Signature): Promise<BroadcastResult> {
    const options = { brief: true, lookup: false, select: () => addresses };
    return this.#network.broadcast(encodeMessage(fact, auth), options);
  }

  /** Passes a fact on to one desk. */
  passOn(to: PeerId, fact: BroadcastMessage, auth: Signature): Promise<RequestResult> {
    return this.#network.request(to, { ...encodeMessage(fact, auth), passedOn: true }, { service: 'broadcast' });
  }

  async #sendToEach(
    to: Extract<Effect, { kind: 'broadcast' }>['to'] & object,
    message: Message,
  ): Promise<BroadcastResult> {
    const sent = await Promise.all(
      to.map(async (id) => {
        const result = await this.#request({ id, dialect: 'grapevine' }, message, {});
        return { address: id, code: broadcastCodeOf(result) };
      }),
    );
    return {
      reached: sent.filter(({ code }) => code === null).map(({ address }) => address),
      unreached: sent.flatMap(({ address, code }) => (code === null ? [] : [{ address, code }])),
    };
  }

  #request(to: Peer, message: Message, how: RequestOptions): Promise<SendResult> {
    const auth = this.#identity.sign(message);
    const ask = (sent: MessageAuth | undefined): Promise<SendResult> => this.#ask(to, message, sent, how);
    return auth instanceof Promise ? auth.then(ask) : ask(auth);
  }

  #ask(
    to: Peer,
    message: Message,
    sent: MessageAuth | undefined,
    { once = false, at, mayRelay = true, terms }: RequestOptions,
  ): Promise<SendResult> {
    const reader = new AnswerReader(this.#identity, { from: to, request: message, sent, terms });
    const options = { once, at, mayRelay, isGenuine: (candidate: RequestResult) => reader.isGenuine(candidate) };
    return this.#network.request(to.id, encodeMessage(message, sent), options).then((result) => {
      const meaning = reader.read(result);
      this.#answered(to, meaning);
      return meaning;
    });
  }
}
