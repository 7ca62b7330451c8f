/**
 * Signatures as cheap as a hash, for worlds in which nobody computes what he must not know: each desk's secret is a function
 * of its id. Everything above the arithmetic of ed25519 (what is signed, by whom, for whom, when it is looked at) is the real
 * thing.
 */
import { createHash } from 'node:crypto';
import { DeskIdentity } from '../src/identity/desk-identity.ts';
import type { SignatureScheme } from '../src/identity/signature-scheme.ts';
import type { Trust } from '../src/ports/identity.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import { encodeMessage, parsePayload, type Payload } from '../src/wire/message-codec.ts';
import { speakerOf } from '../src/wire/statement.ts';

export function keyedScheme(id: PeerId): SignatureScheme {
  return {
    sign: (text) => signatureOf(id, text),
    verify: (by, text, sig) => signatureOf(by, text) === sig,
    mac: (other, text) => createHash('sha256').update([id, other].sort().join('\n')).update(text).digest('base64url'),
  };
}

/** @param nonce by default counted, so that a run can be repeated */
export function keyedIdentity(id: PeerId, trust: Trust = 'signed', nonce = counter()): DeskIdentity {
  return new DeskIdentity({ id, scheme: keyedScheme(id), trust, nonce });
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
