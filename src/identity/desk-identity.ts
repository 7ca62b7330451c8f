/**
 * A desk's own name and signature, and whom it takes others for. Source of every rule: docs/PROTOCOL.md, "Signatures".
 */
import { LRUCache } from 'lru-cache';
import type { Identity, Sender, Trust } from '../ports/identity.ts';
import type { PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import { refusal, type Answer, type Auth, type Message, type OfferAccept, type Refusal } from '../protocol/messages.ts';
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

  establish(message: Message, auth: unknown): Sender | Refusal {
    const speaker = speakerOf(message);
    if (auth === undefined || auth === null) return this.#atItsWord(speaker);
    const read = readAuth(auth);
    if (speaker === null || read === null) return wrong('is no signature');
    if (isFact(message) !== (read.nonce === undefined)) return wrong('has a nonce where none belongs, or none');
    const sender: Sender = { peer: { id: speaker, dialect: 'grapevine', verified: true }, auth: read };
    if (message.cmd === 'offer:accept') return { ...sender, unproven: true };
    return this.#isGenuine(message, read, speaker) ? sender : wrong('is not by the desk in whose name this is said');
  }

  readonly proves = (acceptance: OfferAccept, auth: Auth): boolean =>
    this.#isGenuine(acceptance, auth, acceptance.taker);

  signAnswer(request: Message, { peer, auth }: Sender, answer: Answer): Auth | undefined {
    if (auth === undefined || peer === null) return undefined;
    const statement = answerStatement(request, auth.nonce, { by: this.id, to: peer.id, answer });
    return { sig: this.#scheme.sign(statement) };
  }

  vouches(request: Message, sent: Auth, by: PeerId, answer: Answer, { sig }: Auth): boolean {
    return this.#scheme.verify(by, answerStatement(request, sent.nonce, { by, to: this.id, answer }), sig);
  }

  /** A name that is a key could be proven, so that whoever does not is not taken for its owner. */
  #atItsWord(speaker: PeerId | null): Sender | Refusal {
    if (this.trust === 'open' && (speaker === null || !isDeskId(speaker))) {
      return { peer: speaker === null ? null : { id: speaker, dialect: 'original' } };
    }
    return refusal('ERR_UNSIGNED', 'this desk deals only with what is signed by the one who says it');
  }

  #isGenuine(message: Message, { sig, nonce }: Auth, speaker: PeerId): boolean {
    const statement = messageStatement(message, nonce);
    if (!isFact(message)) return this.#scheme.verify(speaker, statement, sig);
    if (this.#genuineFacts.get(sig) === statement) return true;
    const isGenuine = this.#scheme.verify(speaker, statement, sig);
    if (isGenuine) this.#genuineFacts.set(sig, statement);
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

function wrong(problem: string): Refusal {
  return refusal('ERR_SIGNATURE', `auth ${problem}`);
}
