/**
 * Authenticates messages and answers: adds our signature or MAC, and verifies those of other desks. Source of every rule:
 * docs/PROTOCOL.md, "Signatures and MACs".
 */
import { timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Author, Identity, Trust } from '../ports/identity.ts';
import type { PeerId } from '../protocol/ids.ts';
import { isUndecided } from '../protocol/lifecycle.ts';
import { IDENTITY_LIMITS } from './limits.ts';
import {
  refusal,
  type Answer,
  type AnswerAuth,
  type BroadcastMessage,
  type Confirmation,
  type DealReport,
  type Message,
  type MessageAuth,
  type MessageMac,
  type OfferDone,
  type OfferTerms,
  type Refusal,
  type Signature,
} from '../protocol/messages.ts';
import { bidOf } from '../protocol/acceptance.ts';
import { readAuth, versionOfAuth } from '../wire/auth-codec.ts';
import { isDeskId } from '../wire/desk-id.ts';
import {
  answerStatement,
  confirmationStatement,
  messageStatement,
  PROTOCOL_VERSION,
  isSigned,
  recipientOf,
  speakerOf,
} from '../wire/statement.ts';
import type { SignatureScheme } from './signature-scheme.ts';
import { directSigner, type StatementSigner } from './statement-signer.ts';
import { StatementVerifier } from './statement-verifier.ts';

export interface DeskIdentityInit {
  readonly id: PeerId;
  readonly scheme: SignatureScheme;
  readonly trust: Trust;
  /** Returns 32 hex digits, each time different. */
  readonly nonce: () => string;
  /** By default, each statement gets its own signature. */
  readonly signer?: StatementSigner;
  /** Size of each cache, of own and of verified signatures; `IDENTITY_LIMITS.factsCached` by default. */
  readonly factsCached?: number;
}

export class DeskIdentity implements Identity {
  readonly id: PeerId;
  readonly #trust: Trust;
  readonly #scheme: SignatureScheme;
  readonly #nonce: () => string;
  readonly #signer: StatementSigner;
  readonly #verifier: StatementVerifier;
  /** Own signatures by statement, because signed statements are sent repeatedly. */
  readonly #signed: LRUCache<string, Signature | Promise<Signature>>;

  constructor({ id, scheme, trust, nonce, signer, factsCached: max = IDENTITY_LIMITS.factsCached }: DeskIdentityInit) {
    this.id = id;
    this.#trust = trust;
    this.#scheme = scheme;
    this.#nonce = nonce;
    this.#signer = signer ?? directSigner(scheme);
    this.#verifier = new StatementVerifier(scheme, max);
    this.#signed = new LRUCache({ max });
  }

  sign(message: Message): MessageAuth | undefined | Promise<MessageAuth> {
    const to = recipientOf(message);
    if (to === null || isSigned(message)) return this.#sign(messageStatement(message, undefined));
    return this.#macFor(to, message);
  }

  signFact(message: BroadcastMessage | DealReport): Signature | Promise<Signature> {
    return this.#sign(messageStatement(message, undefined));
  }

  signConfirmation(confirmation: Confirmation): Signature | Promise<Signature> {
    return this.#sign(confirmationStatement(confirmation));
  }

  authenticate(message: Message, auth: unknown): Author | Refusal | Promise<Author | Refusal> {
    const speaker = speakerOf(message);
    if (auth === undefined || auth === null) return this.#unsigned(speaker);
    const read = readAuth(auth);
    if (read === null) return unreadable(auth);
    if (speaker === null) return NEEDS_SENDER;
    const needsSignature = isSigned(message);
    if ('mac' in read) return needsSignature ? NEEDS_SIGNATURE : this.#authenticateByMac(message, speaker, read);
    if (!needsSignature) return NEEDS_MAC;
    const result = (isGenuine: boolean): Author | Refusal => (isGenuine ? authorOf(speaker, read) : FORGED);
    const verification = this.#verifier.verify(speaker, messageStatement(message, undefined), read);
    return typeof verification === 'boolean' ? result(verification) : verification.then(result);
  }

  signAnswer(
    request: Message,
    { peer, auth }: Author,
    answer: Answer,
    terms?: OfferTerms,
  ): AnswerAuth | undefined | Promise<AnswerAuth> {
    if (auth === undefined || peer === null) return undefined;
    const statement = signedStatementOf(request, answer, { by: this.id, to: peer.id, terms });
    if (statement !== null) return this.#sign(statement);
    const nonce = 'mac' in auth ? auth.nonce : undefined;
    const mac = this.#scheme.mac(peer.id, answerStatement(request, nonce, { by: this.id, to: peer.id, answer }));
    return mac === null ? undefined : { mac };
  }

  verifyAnswer(
    request: Message,
    sent: MessageAuth | undefined,
    by: PeerId,
    answer: Answer,
    auth: AnswerAuth,
    terms?: OfferTerms,
  ): boolean {
    const statement = signedStatementOf(request, answer, { by, to: this.id, terms });
    if ('sig' in auth) return statement !== null && this.#verifier.verifySync(by, statement, auth);
    if (statement !== null || sent === undefined) return false;
    const nonce = 'mac' in sent ? sent.nonce : undefined;
    const mac = this.#scheme.mac(by, answerStatement(request, nonce, { by, to: this.id, answer }));
    return mac !== null && isSameText(mac, auth.mac);
  }

  /** Clients of the original cannot sign. An id that is a public key could be proven, so it is refused without proof. */
  #unsigned(speaker: PeerId | null): Author | Refusal {
    if (this.#trust === 'open' && (speaker === null || !isDeskId(speaker))) {
      return { peer: speaker === null ? null : { id: speaker, dialect: 'original' } };
    }
    return this.#trust === 'open' ? NEEDS_PROOF_OF_KEY : NEEDS_AUTH;
  }

  #authenticateByMac(message: Message, speaker: PeerId, auth: MessageMac): Author | Refusal {
    if (this.#scheme.isWithinRateLimit?.(speaker) === false) return TOO_MANY_NEW;
    const mac = this.#scheme.mac(speaker, messageStatement(message, auth.nonce));
    return mac !== null && isSameText(mac, auth.mac) ? authorOf(speaker, auth) : FORGED;
  }

  /** Undefined for a client of the original, which has no key. */
  #macFor(to: PeerId, message: Message): MessageMac | undefined {
    const nonce = this.#nonce();
    const mac = this.#scheme.mac(to, messageStatement(message, nonce));
    return mac === null ? undefined : { mac, nonce };
  }

  #sign(statement: string): Signature | Promise<Signature> {
    const known = this.#signed.get(statement);
    if (known !== undefined) return known;
    const auth = this.#signer.sign(statement);
    this.#signed.set(statement, auth);
    return auth;
  }
}

interface AnswerContext {
  readonly by: PeerId;
  readonly to: PeerId;
  readonly terms: OfferTerms | undefined;
}

/**
 * The statement to sign instead of the answer when third parties must be able to verify it: a confirmation, or the end of an offer.
 * Null for an answer that only its receiver must verify: it gets a MAC.
 */
function signedStatementOf(request: Message, answer: Answer, { by, to, terms }: AnswerContext): string | null {
  if (request.cmd === 'offer:accept:approved' && answer.kind === 'confirmed') {
    if (answer.epoch === null || terms === undefined) return null;
    return confirmationStatement({ terms, taker: by, epoch: answer.epoch, ...bidOf(request) });
  }
  if (request.cmd !== 'offer:status' || answer.kind !== 'status') return null;
  const { phase, standing } = answer;
  if ((standing !== 'won' && standing !== 'lost') || isUndecided(phase)) return null;
  const isAwarded = phase === 'awarded';
  const end: OfferDone = {
    cmd: 'offer:done',
    offerId: request.offerId,
    maker: by,
    outcome: phase,
    winner: isAwarded ? (standing === 'won' ? to : (answer.winner ?? null)) : null,
    epoch: isAwarded ? answer.epoch : null,
    ...(isAwarded && bidOf(answer)),
  };
  return messageStatement(end, undefined);
}

/** Compares in constant time. */
function isSameText(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

function authorOf(id: PeerId, auth: MessageAuth): Author {
  return { peer: { id, dialect: 'grapevine', verified: true }, auth };
}

function unreadable(auth: unknown): Refusal {
  const version = versionOfAuth(auth);
  if (version === null || version === PROTOCOL_VERSION) return invalidAuth('is neither a signature nor a MAC');
  return refusal(
    'ERR_PROTOCOL_VERSION',
    `this desk supports protocol version ${PROTOCOL_VERSION.toString()}, not ${version.toString()}`,
  );
}

const FORGED = invalidAuth('was not made by the desk that the message names as its sender');
const NEEDS_AUTH = refusal('ERR_UNSIGNED', 'this desk accepts only messages with a signature or MAC');
const NEEDS_PROOF_OF_KEY = refusal('ERR_UNSIGNED', 'a message in the name of a key needs its signature or MAC');
const NEEDS_SENDER = invalidAuth('needs a message that names its sender');
const NEEDS_SIGNATURE = invalidAuth('must be a signature: third parties must be able to verify this message');
const NEEDS_MAC = invalidAuth('must be a MAC: this message is for one desk only');
const TOO_MANY_NEW = refusal('ERR_OVERLOADED', 'too many new desks at once; try again later');

function invalidAuth(problem: string): Refusal {
  return refusal('ERR_SIGNATURE', `auth ${problem}`);
}
