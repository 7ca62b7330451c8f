/** The envelopes of Grenache: a request is `[rid, key, payload]`, an answer `[rid, error or null, result]`. */
import { isUtf8 } from 'node:buffer';
import type { RequestResult } from '../../ports/network.ts';
import { GrapevineError, type ErrorCode } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { parseJson } from '../../wire/parse-json.ts';
import { isServiceKey } from '../discovery/address.ts';
import { cleanText } from '../../wire/clean-text.ts';

/** Chosen by the client, new for every attempt; it only matches an answer to its request. */
export type RequestId = string | number;

export interface RequestEnvelope {
  readonly rid: RequestId;
  /** Null if it is not a valid name of a service. */
  readonly key: string | null;
  readonly payload: unknown;
}

const HTTP_OK = 200;
const ENVELOPE_LENGTH = 3;

/** @throws GrapevineError ERR_BODY_NOT_JSON, ERR_BODY_TOO_DEEP, ERR_NUMBER_INEXACT, ERR_ENVELOPE */
export function readRequest(body: Buffer): RequestEnvelope {
  const envelope = parseUtf8Json(body);
  if (!Array.isArray(envelope) || envelope.length !== ENVELOPE_LENGTH) {
    throw new GrapevineError('ERR_ENVELOPE', 'the body is not [rid, key, payload]');
  }
  const [rid, key, payload] = envelope as readonly unknown[];
  if (!isRequestId(rid)) throw new GrapevineError('ERR_ENVELOPE', 'rid is neither a short string nor a number');
  return { rid, key: isServiceKey(key) ? key : null, payload };
}

/** The start of a request, as JSON libraries write it. */
const RID = /^\s{0,8}\[\s{0,8}("[^"\\]{0,64}"|\d{1,15})\s{0,8},/;
const RID_MAX_BYTES = 256;

/** The rid of a request without parsing the request; null if it can't be found so. */
export function ridOf(line: Buffer): RequestId | null {
  const [, rid] = RID.exec(line.toString('utf8', 0, RID_MAX_BYTES)) ?? [];
  if (rid === undefined) return null;
  return rid.startsWith('"') ? rid.slice(1, -1) : Number(rid);
}

/** The result of a request of ours, from the answer over HTTP. Never throws. */
export function readAnswer(rid: string, status: number, body: Buffer): RequestResult {
  let answer: unknown;
  try {
    answer = parseUtf8Json(body);
  } catch (error) {
    const why = error instanceof GrapevineError ? error.message : 'invalid';
    return invalid(status === HTTP_OK ? `answer: ${why}` : `HTTP status ${status}`);
  }
  if (!Array.isArray(answer) || answer.length !== ENVELOPE_LENGTH)
    return invalid('the answer is not [rid, error, result]');
  const [answeredRid, error, result] = answer as readonly unknown[];
  // A server that could not parse our request does not know its rid, and sends another status than 200.
  const isOurs = answeredRid === rid || (answeredRid === null && status !== HTTP_OK);
  if (!isOurs) return invalid('the answer is to another request');
  return error || status === HTTP_OK ? resultOf(error, result) : invalid(`HTTP status ${status}`);
}

/** An answer on a channel, where several requests are pending; null if it is invalid. Never throws. */
export function readChannelAnswer(line: Buffer): { readonly rid: string; readonly result: RequestResult } | null {
  try {
    const answer = parseUtf8Json(line);
    if (!Array.isArray(answer) || answer.length !== ENVELOPE_LENGTH) return null;
    const [rid, error, result] = answer as readonly unknown[];
    return typeof rid === 'string' ? { rid, result: resultOf(error, result) } : null;
  } catch {
    return null;
  }
}

function resultOf(error: unknown, result: unknown): RequestResult {
  if (!error) return { kind: 'answer', result };
  return { kind: 'error', error: cleanText(typeof error === 'string' ? error : JSON.stringify(error)), result };
}

function invalid(text: string): RequestResult {
  return { kind: 'unknown', code: 'ERR_ANSWER_INVALID', text: cleanText(text) };
}

/**
 * The text of an answer. An answer that is too large or not valid JSON becomes ERR_INTERNAL, so that there always is an
 * answer.
 */
export function formatAnswer(rid: RequestId | null, error: string | null, result: unknown): string {
  try {
    const text = JSON.stringify([rid, error, result]);
    if (Buffer.byteLength(text) <= LIMITS.bodyMaxBytes) return text;
    return formatError(rid, 'ERR_INTERNAL', 'the answer is too large');
  } catch {
    return formatError(rid, 'ERR_INTERNAL', 'the answer can not be written as JSON');
  }
}

export function formatError(rid: RequestId | null, code: ErrorCode, text: string): string {
  return JSON.stringify([rid, `${code}: ${text}`, null]);
}

function parseUtf8Json(body: Buffer): unknown {
  if (!isUtf8(body)) throw new GrapevineError('ERR_BODY_NOT_JSON', 'the body is not UTF-8');
  return parseJson(body.toString());
}

function isRequestId(rid: unknown): rid is RequestId {
  return typeof rid === 'number' || (typeof rid === 'string' && rid.length <= LIMITS.idMaxLength);
}
