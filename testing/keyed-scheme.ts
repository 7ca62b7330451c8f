/**
 * Signatures as cheap as a hash, for simulations and tests: each desk's secret is computed from its id, so nobody may compute another
 * desk's secret. Only the arithmetic of ed25519 is replaced. What is signed, by which desk and for which desk is the real code.
 */
import { createHash } from 'node:crypto';
import { DeskIdentity } from '../src/identity/desk-identity.ts';
import type { SignatureScheme } from '../src/identity/signature-scheme.ts';
import type { Author, Identity, Trust } from '../src/ports/identity.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import type {
  Confirmation,
  Answer,
  AnswerAuth,
  BroadcastMessage,
  DealReport,
  Message,
  MessageAuth,
  OfferTerms,
  Refusal,
  Signature,
} from '../src/protocol/messages.ts';
import { encodeMessage, parsePayload, type Payload } from '../src/wire/message-codec.ts';
import { speakerOf } from '../src/wire/statement.ts';

export function keyedScheme(id: PeerId): SignatureScheme {
  return {
    sign: (text) => signatureOf(id, text),
    verify: (by, text, sig) => signatureOf(by, text) === sig,
    mac: (other, text) => createHash('sha256').update([id, other].sort().join('\n')).update(text).digest('base64url'),
  };
}

/** Few, as there are thousands of these identities, and each cache allocates its memory at once. */
const FACTS_CACHED = 32;

/** With this scheme, nothing is asynchronous. */
export interface SyncIdentity extends Identity {
  sign(message: Message): MessageAuth;
  signFact(message: BroadcastMessage | DealReport): Signature;
  signConfirmation(confirmation: Confirmation): Signature;
  authenticate(message: Message, auth: unknown): Author | Refusal;
  signAnswer(request: Message, asked: Author, answer: Answer, terms?: OfferTerms): AnswerAuth | undefined;
}

/** @param nonce default: a counter, so that a run can be repeated */
export function keyedIdentity(id: PeerId, trust: Trust = 'signed', nonce = counter()): SyncIdentity {
  const identity = new DeskIdentity({ id, scheme: keyedScheme(id), trust, nonce, factsCached: FACTS_CACHED });
  return identity as Identity as SyncIdentity;
}

function counter(): () => string {
  let drawn = 0;
  return () => (++drawn).toString(16).padStart(32, '0');
}

function signatureOf(id: PeerId, text: string): string {
  return createHash('sha512').update(`secret of ${id}\n`).update(text).digest('base64url');
}

const uniqueNonce = counter();

/** Signs a payload as the desk that it names as its sender. */
export function signed(payload: unknown): Payload {
  const { message } = parsePayload(payload);
  const sender = speakerOf(message);
  if (sender === null) throw new Error('the message names no sender');
  return encodeMessage(message, keyedIdentity(sender, 'signed', uniqueNonce).sign(message));
}
