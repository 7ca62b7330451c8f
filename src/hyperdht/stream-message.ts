/** What travels on a stream: `["ask", rid, service, payload]` and `["answer", rid, error or null, result]`, as JSON. */
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

/** Null for what is none: from there on nothing on the stream can be relied on. Never throws. */
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
  if (kind === 'answer') return { kind, rid, result: meaningOf(first, second) };
  const service = SERVICES.find((name) => name === first);
  if (kind !== 'ask' || service === undefined) return null;
  return { kind, rid, service, payload: second };
}

function meaningOf(error: unknown, result: unknown): RequestResult {
  if (!error) return { kind: 'answer', result };
  return { kind: 'error', error: cleanText(typeof error === 'string' ? error : JSON.stringify(error)), result };
}

/** Null when it can't be written as JSON. */
export function formatAsk(rid: number, service: ServiceKind, payload: unknown): Buffer | null {
  try {
    return Buffer.from(JSON.stringify(['ask', rid, service, payload]));
  } catch {
    return null;
  }
}

/** What can't be written, or not within the size that others accept, becomes ERR_INTERNAL: there always is an answer. */
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
