/**
 * `auth` as it travels, beside `cmd` and `body` and inside results: `v` is the version of the protocol, then a signature or a
 * MAC. Only one spelling of each is taken. Read by hand, because every message has one.
 */
import { LIMITS } from '../protocol/limits.ts';
import type { AnswerAuth, Auth, MessageAuth } from '../protocol/messages.ts';
import { PROTOCOL_VERSION } from './statement.ts';

/** 64 bytes in unpadded base64url: 85 whole digits and one of which only two bits count. */
const SIGNATURE = /^[A-Za-z0-9_-]{85}[AQgw]$/;
const NONCE = /^[0-9a-f]{32}$/;
/** 32 bytes in unpadded base64url. */
const MAC = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** Bytes of a path before the hashes: the position of the leaf, and its salt. */
export const PATH_HEAD_BYTES = 18;
export const HASH_BYTES = 32;
const PATH_MAX_LENGTH = Math.ceil(((PATH_HEAD_BYTES + LIMITS.batchDepthMax * HASH_BYTES) * 4) / 3);

export function authToWire(auth: MessageAuth | AnswerAuth): Readonly<Record<string, unknown>> {
  return { v: PROTOCOL_VERSION, ...auth };
}

/** Null for whatever is no `auth` of a message. */
export function readAuth(value: unknown): MessageAuth | null {
  const fields = fieldsOf(value);
  if (fields?.['v'] !== PROTOCOL_VERSION) return null;
  if (!('mac' in fields)) return signatureIn(fields);
  const { mac, nonce } = fields;
  return isText(mac, MAC) && isText(nonce, NONCE) && !('sig' in fields) ? { mac, nonce } : null;
}

/** Null for whatever is no signature. */
export function readSignature(value: unknown): Auth | null {
  const fields = fieldsOf(value);
  return fields?.['v'] === PROTOCOL_VERSION ? signatureIn(fields) : null;
}

/** A signature of version 1, and its nonce. */
export function readFormerAuth(value: unknown): Auth | null {
  const fields = fieldsOf(value);
  if (fields === null || 'v' in fields) return null;
  const { sig, nonce } = fields;
  if (!isText(sig, SIGNATURE)) return null;
  if (nonce === undefined) return { sig };
  return isText(nonce, NONCE) ? { sig, nonce } : null;
}

/** The version that it says, or 1 if it is a signature that says none; null if it is nothing that we know. */
export function versionOfAuth(value: unknown): number | null {
  const fields = fieldsOf(value);
  if (fields === null) return null;
  if (typeof fields['v'] === 'number') return fields['v'];
  return 'v' in fields || readFormerAuth(value) === null ? null : 1;
}

/** What proves who gives an answer, from its result, whatever else is in there. */
export function authOfResult(result: unknown): AnswerAuth | null {
  const fields = fieldsOf(fieldsOf(result)?.['auth']);
  if (fields?.['v'] !== PROTOCOL_VERSION) return null;
  const { mac } = fields;
  if (mac === undefined) return signatureIn(fields);
  return isText(mac, MAC) ? { mac } : null;
}

function signatureIn({ sig, path, nonce }: Readonly<Record<string, unknown>>): Auth | null {
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
