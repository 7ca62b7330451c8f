/** The messages on a stream, as JSON: `["ask", rid, service, payload]` and `["answer", rid, error or null, result]`. */
import { isUtf8 } from 'node:buffer';
import type { Reply, RequestResult, ServiceKind } from '../ports/network.ts';
import { LIMITS } from '../protocol/limits.ts';
import { cleanText } from '../wire/clean-text.ts';
import { parseJson } from '../wire/parse-json.ts';

export type StreamMessage =
  | { readonly kind: 'ask'; readonly rid: number; readonly service: ServiceKind; readonly payload: unknown }
  | { readonly kind: 'answer'; readonly rid: number; readonly result: RequestResult };

const LENGTH = 4;
const SERVICES: readonly ServiceKind[] = ['direct', 'broadcast', 'relay'];

/** @returns null for an invalid message, after which the stream must be closed. Never throws. */
export function readStreamMessage(bytes: Buffer): StreamMessage | null {
  if (bytes.length > LIMITS.bodyMaxBytes || !isUtf8(bytes)) return null;
  let message: unknown;
  try {
    message = parseJson(bytes.toString());
  } catch {
    return null;
  }
  if (!Array.isArray(message) || message.length !== LENGTH) return null;
  const [kind, rid, first, second] = message as readonly unknown[];
  if (typeof rid !== 'number' || !Number.isSafeInteger(rid)) return null;
  if (kind === 'answer') return { kind, rid, result: resultOf(first, second) };
  const service = SERVICES.find((name) => name === first);
  if (kind !== 'ask' || service === undefined) return null;
  return { kind, rid, service, payload: second };
}

function resultOf(error: unknown, result: unknown): RequestResult {
  if (!error) return { kind: 'answer', result };
  return { kind: 'error', error: cleanText(typeof error === 'string' ? error : JSON.stringify(error)), result };
}

/** @returns null if the payload is not valid JSON */
export function formatRequest(rid: number, service: ServiceKind, payload: unknown): Buffer | null {
  try {
    return Buffer.from(JSON.stringify(['ask', rid, service, payload]));
  } catch {
    return null;
  }
}

/** An answer that is too large or not valid JSON becomes ERR_INTERNAL, so that there always is an answer. */
export function formatAnswer(rid: number, { error, result }: Reply): Buffer {
  try {
    const bytes = Buffer.from(JSON.stringify(['answer', rid, error, result]));
    if (bytes.length <= LIMITS.bodyMaxBytes) return bytes;
    return formatError(rid, 'ERR_INTERNAL: the answer is too large');
  } catch {
    return formatError(rid, 'ERR_INTERNAL: the answer can not be written as JSON');
  }
}

export function formatError(rid: number, error: string): Buffer {
  return Buffer.from(JSON.stringify(['answer', rid, error, null]));
}
