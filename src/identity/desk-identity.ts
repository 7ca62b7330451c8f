/**
 * A desk's own name and signature, and whom it takes others for. Source of every rule: docs/PROTOCOL.md, "Signatures".
 */
import { timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Identity, Sender, Trust } from '../ports/identity.ts';
import type { PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import {
  refusal,
  type Answer,
  type AnswerSeal,
  type Auth,
  type Message,
  type OfferAccept,
  type Refusal,
} from '../protocol/messages.ts';
import { readAuth } from '../wire/auth-codec.ts';
import { isDeskId } from '../wire/desk-id.ts';
import { answerStatement, isFact, messageStatement, speakerOf } from '../wire/statement.ts';
import type { SignatureScheme } from './signature-scheme.ts';

export interface DeskIdentityInit {
  readonly id: PeerId;
  readonly scheme: SignatureScheme;
  readonly trust: Trust;
  /** 32 hex digits, never the same twice. */
  readonly nonce: () => string;
}

export class DeskIdentity implements Identity {
  readonly id: PeerId;
  readonly trust: Trust;
  readonly #scheme: SignatureScheme;
  readonly #nonce: () => string;
  /** Facts are repeated: what was signed or found genuine a moment ago need not be again. Statement by signature. */
  readonly #genuineFacts = new LRUCache<string, string>({ max: LIMITS.factsCached });
  readonly #signedFacts = new LRUCache<string, string>({ max: LIMITS.factsCached });

  constructor({ id, scheme, trust, nonce }: DeskIdentityInit) {
    this.id = id;
    this.trust = trust;
    this.#scheme = scheme;
    this.#nonce = nonce;
  }

  sign(message: Message, nonce: string = this.#nonce()): Auth {
    if (isFact(message)) return { sig: this.#signFact(messageStatement(message, undefined)) };
    return { sig: this.#scheme.sign(messageStatement(message, nonce)), nonce };
  }

  establish(message: Message, auth: unknown): Sender | Refusal | Promise<Sender | Refusal> {
    const speaker = speakerOf(message);
    if (auth === undefined || auth === null) return this.#atItsWord(speaker);
    const read = readAuth(auth);
    if (speaker === null || read === null) return wrong('is no signature');
    if (isFact(message) !== (read.nonce === undefined)) return wrong('has a nonce where none belongs, or none');
    const sender: Sender = { peer: { id: speaker, dialect: 'grapevine', verified: true }, auth: read };
    if (message.cmd === 'offer:accept') return { ...sender, unproven: true };
    const settled = (isGenuine: boolean): Sender | Refusal => (isGenuine ? sender : FORGED);
    const isGenuine = this.#look(message, read, speaker);
    return typeof isGenuine === 'boolean' ? settled(isGenuine) : isGenuine.then(settled);
  }

  readonly proves = (acceptance: OfferAccept, { sig, nonce }: Auth): boolean =>
    this.#scheme.verify(acceptance.taker, messageStatement(acceptance, nonce), sig);

  signAnswer(request: Message, { peer, auth }: Sender, answer: Answer): AnswerSeal | undefined {
    if (auth === undefined || peer === null) return undefined;
    const statement = answerStatement(request, auth.nonce, { by: this.id, to: peer.id, answer });
    const mac = decidesNothing(answer) ? this.#scheme.mac(peer.id, statement) : null;
    return mac === null ? { sig: this.#scheme.sign(statement) } : { mac };
  }

  vouches(request: Message, sent: Auth, by: PeerId, answer: Answer, seal: AnswerSeal): boolean {
    const statement = answerStatement(request, sent.nonce, { by, to: this.id, answer });
    if ('sig' in seal) return this.#scheme.verify(by, statement, seal.sig);
    return decidesNothing(answer) && isSame(this.#scheme.mac(by, statement), seal.mac);
  }

  /** A name that is a key could be proven, so that whoever does not is not taken for its owner. */
  #atItsWord(speaker: PeerId | null): Sender | Refusal {
    if (this.trust === 'open' && (speaker === null || !isDeskId(speaker))) {
      return { peer: speaker === null ? null : { id: speaker, dialect: 'original' } };
    }
    return refusal('ERR_UNSIGNED', 'this desk deals only with what is signed by the one who says it');
  }

  /** On another thread, where the scheme has one and the answer is not known already. */
  #look(message: Message, { sig, nonce }: Auth, speaker: PeerId): boolean | Promise<boolean> {
    const statement = messageStatement(message, nonce);
    if (isFact(message) && this.#genuineFacts.get(sig) === statement) return true;
    if (this.#scheme.verifyAside === undefined) {
      return this.#learn(message, sig, statement, this.#scheme.verify(speaker, statement, sig));
    }
    return this.#scheme
      .verifyAside(speaker, statement, sig)
      .then((isGenuine) => this.#learn(message, sig, statement, isGenuine));
  }

  #learn(message: Message, sig: string, statement: string, isGenuine: boolean): boolean {
    if (isGenuine && isFact(message)) this.#genuineFacts.set(sig, statement);
    return isGenuine;
  }

  #signFact(statement: string): string {
    const known = this.#signedFacts.get(statement);
    if (known !== undefined) return known;
    const sig = this.#scheme.sign(statement);
    this.#signedFacts.set(statement, sig);
    return sig;
  }
}

/** That somebody waits in a queue, or has been told something. */
function decidesNothing({ kind }: Answer): boolean {
  return kind === 'queued' || kind === 'acknowledged';
}

/** In constant time. */
function isSame(expected: string | null, mac: string): boolean {
  return expected?.length === mac.length && timingSafeEqual(Buffer.from(expected), Buffer.from(mac));
}

const FORGED = wrong('is not by the desk in whose name this is said');

function wrong(problem: string): Refusal {
  return refusal('ERR_SIGNATURE', `auth ${problem}`);
}
