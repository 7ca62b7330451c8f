/**
 * A desk's own id, signatures and MACs, and whom it believes. Source of every rule: docs/PROTOCOL.md, "Signatures and MACs".
 */
import { LRUCache } from 'lru-cache';
import type { Identity, Sender, Trust } from '../ports/identity.ts';
import type { PeerId } from '../protocol/ids.ts';
import { isUndecided } from '../protocol/lifecycle.ts';
import { IDENTITY_LIMITS } from './limits.ts';
import {
  refusal,
  type Answer,
  type AnswerAuth,
  type Auth,
  type BroadcastMessage,
  type Confirmation,
  type DealReport,
  type Message,
  type MessageAuth,
  type MessageMac,
  type OfferDone,
  type OfferTerms,
  type Refusal,
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
import { isSameText } from './batch.ts';
import type { SignatureScheme } from './signature-scheme.ts';
import { directSigner, type StatementSigner } from './statement-signer.ts';
import { StatementVerifier } from './statement-verifier.ts';

export interface DeskIdentityInit {
  readonly id: PeerId;
  readonly scheme: SignatureScheme;
  readonly trust: Trust;
  /** 32 hex digits, never the same twice. */
  readonly nonce: () => string;
  /** One statement at a time by default. */
  readonly signer?: StatementSigner;
  /** Signatures that are remembered, our own and those of others; `IDENTITY_LIMITS.factsCached` by default. */
  readonly factsCached?: number;
}

export class DeskIdentity implements Identity {
  readonly id: PeerId;
  readonly #trust: Trust;
  readonly #scheme: SignatureScheme;
  readonly #nonce: () => string;
  readonly #signer: StatementSigner;
  readonly #verifier: StatementVerifier;
  /** Facts are repeated: what was signed need not be signed again. By statement. */
  readonly #signed: LRUCache<string, Auth | Promise<Auth>>;

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

  signFact(message: BroadcastMessage | DealReport): Auth | Promise<Auth> {
    return this.#sign(messageStatement(message, undefined));
  }

  signConfirmation(confirmation: Confirmation): Auth | Promise<Auth> {
    return this.#sign(confirmationStatement(confirmation));
  }

  authenticate(message: Message, auth: unknown): Sender | Refusal | Promise<Sender | Refusal> {
    const speaker = speakerOf(message);
    if (auth === undefined || auth === null) return this.#unsigned(speaker);
    const read = readAuth(auth);
    if (speaker === null || read === null) return unreadable(auth);
    const needsSignature = isSigned(message);
    if ('mac' in read) return needsSignature ? NEEDS_SIGNATURE : this.#authenticateByMac(message, speaker, read);
    if (!needsSignature) return NEEDS_MAC;
    const settled = (isGenuine: boolean): Sender | Refusal => (isGenuine ? senderOf(speaker, read) : FORGED);
    const isGenuine = this.#verifier.verify(speaker, messageStatement(message, undefined), read);
    return typeof isGenuine === 'boolean' ? settled(isGenuine) : isGenuine.then(settled);
  }

  signAnswer(
    request: Message,
    { peer, auth }: Sender,
    answer: Answer,
    terms?: OfferTerms,
  ): AnswerAuth | undefined | Promise<AnswerAuth> {
    if (auth === undefined || peer === null) return undefined;
    const fact = factOf(request, answer, { by: this.id, to: peer.id, terms });
    if (fact !== null) return this.#sign(fact);
    const nonce = 'mac' in auth ? auth.nonce : undefined;
    const mac = this.#scheme.mac(peer.id, answerStatement(request, nonce, { by: this.id, to: peer.id, answer }));
    return mac === null ? undefined : { mac };
  }

  verifyAnswer(
    request: Message,
    sent: MessageAuth | undefined,
    by: PeerId,
    answer: Answer,
    seal: AnswerAuth,
    terms?: OfferTerms,
  ): boolean {
    const fact = factOf(request, answer, { by, to: this.id, terms });
    if ('sig' in seal) return fact !== null && this.#verifier.verifyNow(by, fact, seal);
    if (fact !== null || sent === undefined) return false;
    const nonce = 'mac' in sent ? sent.nonce : undefined;
    const mac = this.#scheme.mac(by, answerStatement(request, nonce, { by, to: this.id, answer }));
    return mac !== null && isSameText(mac, seal.mac);
  }

  /** A name that is a key could be proven, so that without a proof it is not believed. */
  #unsigned(speaker: PeerId | null): Sender | Refusal {
    if (this.#trust === 'open' && (speaker === null || !isDeskId(speaker))) {
      return { peer: speaker === null ? null : { id: speaker, dialect: 'original' } };
    }
    return refusal('ERR_UNSIGNED', 'this desk deals only with what is signed by the one who says it');
  }

  #authenticateByMac(message: Message, speaker: PeerId, auth: MessageMac): Sender | Refusal {
    if (this.#scheme.hasRoomFor?.(speaker) === false) return TOO_MANY_NEW;
    const mac = this.#scheme.mac(speaker, messageStatement(message, auth.nonce));
    return mac !== null && isSameText(mac, auth.mac) ? senderOf(speaker, auth) : FORGED;
  }

  /** None for a client of the original, which has no key. */
  #macFor(to: PeerId, message: Message): MessageMac | undefined {
    const nonce = this.#nonce();
    const mac = this.#scheme.mac(to, messageStatement(message, nonce));
    return mac === null ? undefined : { mac, nonce };
  }

  #sign(statement: string): Auth | Promise<Auth> {
    const known = this.#signed.get(statement);
    if (known !== undefined) return known;
    const auth = this.#signer.sign(statement);
    this.#signed.set(statement, auth);
    return auth;
  }
}

interface Said {
  readonly by: PeerId;
  readonly to: PeerId;
  readonly terms: OfferTerms | undefined;
}

/**
 * The fact that an answer states, which is signed in place of the answer: a confirmation, or the end of an offer. Null for an
 * answer that only its receiver has to believe.
 */
function factOf(request: Message, answer: Answer, { by, to, terms }: Said): string | null {
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

function senderOf(id: PeerId, auth: MessageAuth): Sender {
  return { peer: { id, dialect: 'grapevine', verified: true }, auth };
}

function unreadable(auth: unknown): Refusal {
  const version = versionOfAuth(auth);
  if (version === null || version === PROTOCOL_VERSION) return wrong('is no signature and no MAC');
  return refusal(
    'ERR_PROTOCOL_VERSION',
    `this desk speaks version ${PROTOCOL_VERSION.toString()}, and not ${version.toString()}`,
  );
}

const FORGED = wrong('is not by the desk in whose name this is said');
const NEEDS_SIGNATURE = wrong('has to be a signature: this is said to everybody');
const NEEDS_MAC = wrong('has to be a MAC: this is said to one desk');
const TOO_MANY_NEW = refusal('ERR_OVERLOADED', 'too many new desks at once; try again later');

function wrong(problem: string): Refusal {
  return refusal('ERR_SIGNATURE', `auth ${problem}`);
}
