/**
 * Signatures as cheap as a hash, for worlds in which nobody computes what he must not know: each desk's secret is a function
 * of its id. Everything above the arithmetic of ed25519 (what is signed, by whom, for whom, when it is looked at) is the real
 * thing.
 */
import { createHash } from 'node:crypto';
import { DeskIdentity } from '../src/identity/desk-identity.ts';
import type { SignatureScheme } from '../src/identity/signature-scheme.ts';
import type { Identity, Sender, Trust } from '../src/ports/identity.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import type {
  Confirmation,
  Answer,
  AnswerAuth,
  Auth,
  BroadcastMessage,
  DealReport,
  Message,
  MessageAuth,
  OfferTerms,
  Refusal,
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

/** Few: such identities are made by the thousand, and caches take their room at once. */
const FACTS_CACHED = 32;

/** With this scheme, everything is done at once. */
export interface SyncIdentity extends Identity {
  sign(message: Message): MessageAuth;
  signFact(message: BroadcastMessage | DealReport): Auth;
  signConfirmation(confirmation: Confirmation): Auth;
  authenticate(message: Message, auth: unknown): Sender | Refusal;
  signAnswer(request: Message, asked: Sender, answer: Answer, terms?: OfferTerms): AnswerAuth | undefined;
}

/** @param nonce by default counted, so that a run can be repeated */
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

/** A payload with the signature of whoever speaks in it. */
export function signed(payload: unknown): Payload {
  const { message } = parsePayload(payload);
  const speaker = speakerOf(message);
  if (speaker === null) throw new Error('nobody says this');
  return encodeMessage(message, keyedIdentity(speaker, 'signed', uniqueNonce).sign(message));
}
