/** A maker on real grapes that a test controls. Its signatures are valid, and it follows no protocol. */
import { generateKeyPairSync } from 'node:crypto';
import { GrenacheNetwork } from '../src/grenache/grenache-network.ts';
import { systemRandomness } from '../src/host/system-randomness.ts';
import { DeskIdentity } from '../src/identity/desk-identity.ts';
import { ed25519Scheme } from '../src/identity/ed25519.ts';
import { deskIdOf } from '../src/identity/desk-id.ts';
import { silentLog } from '../src/ports/log.ts';
import type { RequestResult } from '../src/ports/network.ts';
import type { OfferId, PeerId } from '../src/protocol/ids.ts';
import type { Answer, Message, OfferTerms } from '../src/protocol/messages.ts';
import { decimalFromText } from '../src/wire/decimal.ts';
import { encodeAnswer } from '../src/wire/answer-codec.ts';
import { encodeMessage, parsePayload } from '../src/wire/message-codec.ts';

export class ScriptedMaker {
  readonly identity: DeskIdentity;
  readonly #network: GrenacheNetwork;
  /** Its answer to each request; default: an acknowledgement. */
  answer: (message: Message) => Answer = () => ({ kind: 'acknowledged' });

  constructor(grapes: readonly string[]) {
    const { privateKey } = generateKeyPairSync('ed25519');
    const nonce = (): string => systemRandomness.hex(16);
    const id = deskIdOf(privateKey);
    this.identity = new DeskIdentity({ id, scheme: ed25519Scheme(privateKey), trust: 'signed', nonce });
    const place = { host: '127.0.0.1', port: 0, broadcastKey: 'common' };
    this.#network = new GrenacheNetwork({ deskId: id, grapes, log: silentLog, ...place });
  }

  get id(): PeerId {
    return this.identity.id;
  }

  async start(): Promise<void> {
    await this.#network.start(async ({ payload }) => {
      const { message, auth } = parsePayload(payload);
      const sender = await this.identity.authenticate(message, auth);
      if ('kind' in sender) return encodeAnswer(sender);
      const answer = this.answer(message);
      return encodeAnswer(answer, await this.identity.signAnswer(message, sender, answer));
    });
  }

  /** Of amount 1, valid for 10 minutes. */
  terms(offerId: string, change: Partial<OfferTerms> = {}): OfferTerms {
    const now = Date.now();
    return {
      offerId: offerId as OfferId,
      maker: this.id,
      type: 'sell',
      amount: decimalFromText('1'),
      pair: 'BTC/USD',
      unitPrice: decimalFromText('8000'),
      issuedAt: now,
      expiresAt: now + 600_000,
      ...change,
    };
  }

  async broadcast(message: Message): Promise<void> {
    await this.#network.broadcast(encodeMessage(message, await this.identity.sign(message)));
  }

  async send(to: string, message: Message): Promise<RequestResult> {
    return this.#network.request(to, encodeMessage(message, await this.identity.sign(message)));
  }

  stop(): Promise<void> {
    return this.#network.stop();
  }
}
