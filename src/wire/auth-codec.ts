/**
 * Reads and writes `auth`, beside `cmd` and `body` in messages, and inside results: `v` is the version of the protocol,
 * then a signature or a MAC. Only one encoding of each is accepted. Without zod for speed, because every message has
 * one.
 */
import { LIMITS } from '../protocol/limits.ts';
import type { AnswerAuth, MessageAuth, Signature } from '../protocol/messages.ts';
import { PROTOCOL_VERSION } from './statement.ts';

/** 64 bytes in unpadded base64url: 85 full digits, and one with two significant bits. */
const SIGNATURE = /^[A-Za-z0-9_-]{85}[AQgw]$/;
const NONCE = /^[0-9a-f]{32}$/;
/** 32 bytes in unpadded base64url. */
const MAC = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** Bytes of a path before the hashes: the position of the leaf and its salt. */
export const PATH_HEAD_BYTES = 18;
export const HASH_BYTES = 32;
const PATH_MAX_LENGTH = Math.ceil(((PATH_HEAD_BYTES + LIMITS.batchDepthMax * HASH_BYTES) * 4) / 3);

export function authToWire(auth: MessageAuth | AnswerAuth): Readonly<Record<string, unknown>> {
  return { v: PROTOCOL_VERSION, ...auth };
}

/** Null for anything that is not a valid `auth` of a message. */
export function readAuth(value: unknown): MessageAuth | null {
  const fields = fieldsOf(value);
  if (fields?.['v'] !== PROTOCOL_VERSION) return null;
  if (!('mac' in fields)) return signatureIn(fields);
  const { mac, nonce } = fields;
  return isText(mac, MAC) && isText(nonce, NONCE) && !('sig' in fields) ? { mac, nonce } : null;
}

/** Null for anything that is not a valid signature. */
export function readSignature(value: unknown): Signature | null {
  const fields = fieldsOf(value);
  return fields?.['v'] === PROTOCOL_VERSION ? signatureIn(fields) : null;
}

/** Reads a signature of protocol version 1, and its nonce. */
export function readFormerAuth(value: unknown): Signature | null {
  const fields = fieldsOf(value);
  if (fields === null || 'v' in fields) return null;
  const { sig, nonce } = fields;
  if (!isText(sig, SIGNATURE)) return null;
  if (nonce === undefined) return { sig };
  return isText(nonce, NONCE) ? { sig, nonce } : null;
}

/** Its protocol version; 1 for a signature without a version, null for anything else. */
export function versionOfAuth(value: unknown): number | null {
  const fields = fieldsOf(value);
  if (fields === null) return null;
  if (typeof fields['v'] === 'number') return fields['v'];
  return 'v' in fields || readFormerAuth(value) === null ? null : 1;
}

/** The `auth` in the result of an answer. */
export function authOfResult(result: unknown): AnswerAuth | null {
  const fields = fieldsOf(fieldsOf(result)?.['auth']);
  if (fields?.['v'] !== PROTOCOL_VERSION) return null;
  const { mac } = fields;
  if (mac === undefined) return signatureIn(fields);
  return isText(mac, MAC) ? { mac } : null;
}

function signatureIn({ sig, path, nonce }: Readonly<Record<string, unknown>>): Signature | null {
  if (!isText(sig, SIGNATURE) || nonce !== undefined) return null;
  if (path === undefined) return { sig };
  return isText(path, BASE64URL) && path.length <= PATH_MAX_LENGTH ? { sig, path } : null;
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
}
