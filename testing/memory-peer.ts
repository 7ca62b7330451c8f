/** A peer on the network in memory that a test controls. Its signatures are valid, and it follows no protocol. */
import type { RequestResult } from '../src/ports/network.ts';
import type { Decimal, OfferId, PeerId } from '../src/protocol/ids.ts';
import type { Answer, DeskHello, ListedOffer, Message, MessageAuth, OfferTerms } from '../src/protocol/messages.ts';
import { encodeAnswer } from '../src/wire/answer-codec.ts';
import { encodeMessage, parsePayload } from '../src/wire/message-codec.ts';
import { keyedIdentity, type SyncIdentity } from './keyed-scheme.ts';
import type { MemoryHub, MemoryNetwork } from './memory-network.ts';

export class MemoryPeer {
  readonly identity: SyncIdentity;
  readonly network: MemoryNetwork;
  /** The messages that it has received, in order. */
  readonly asked: Message[] = [];
  /** Default: an empty list for `offer:list`, and an acknowledgement for everything else. */
  answer: (message: Message) => Answer = () => ({ kind: 'acknowledged' });
  readonly #now: () => number;

  constructor(hub: MemoryHub, id: string) {
    this.identity = keyedIdentity(id as PeerId);
    this.network = hub.network(id);
    this.#now = () => hub.clock.now();
    this.lists([]);
  }

  get id(): PeerId {
    return this.identity.id;
  }

  async start(): Promise<void> {
    await this.network.start(({ payload }) => {
      const { message, auth } = parsePayload(payload);
      const sender = this.identity.authenticate(message, auth);
      if ('kind' in sender) return Promise.resolve(encodeAnswer(sender));
      this.asked.push(message);
      const answer = this.answer(message);
      return Promise.resolve(encodeAnswer(answer, this.identity.signAnswer(message, sender, answer)));
    });
  }

  hello(change: Partial<DeskHello> = {}): DeskHello {
    const at = this.#now();
    return { cmd: 'desk:hello', desk: this.id, to: null, at, since: change.at ?? at, ...change };
  }

  /** Of amount 1, valid for 10 minutes. */
  terms(offerId: string, change: Partial<OfferTerms> = {}): OfferTerms {
    const now = this.#now();
    const what = { type: 'sell', amount: '1' as Decimal, pair: 'BTC/USD', unitPrice: '8000' as Decimal } as const;
    const names = { offerId: offerId as OfferId, maker: this.id };
    return { ...names, ...what, issuedAt: now, expiresAt: now + 600_000, ...change };
  }

  listed(terms: OfferTerms): ListedOffer {
    return { terms, auth: this.identity.signFact({ cmd: 'offer:new', terms }) };
  }

  /** From now on, answers `offer:list` with these offers in one page, and acknowledges everything else. */
  lists(offers: readonly ListedOffer[], next: OfferId | null = null): void {
    this.answer = ({ cmd }) => (cmd === 'offer:list' ? { kind: 'list', offers, next } : { kind: 'acknowledged' });
  }

  send(to: PeerId, message: Message, auth: MessageAuth = this.identity.sign(message)): Promise<RequestResult> {
    return this.network.request(to, encodeMessage(message, auth));
  }

  async broadcast(message: Message, auth: MessageAuth = this.identity.sign(message)): Promise<void> {
    await this.network.broadcast(encodeMessage(message, auth));
  }

  countOf(cmd: Message['cmd']): number {
    return this.asked.filter((message) => message.cmd === cmd).length;
  }
}
