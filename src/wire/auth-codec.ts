/** `auth` as it travels, beside `cmd` and `body` and inside results. Only one spelling of each signature is taken. */
import { z } from 'zod';
import type { Auth } from '../protocol/messages.ts';

/** 64 bytes in unpadded base64url: 85 whole digits and one of which only two bits count. */
const SIGNATURE = /^[A-Za-z0-9_-]{85}[AQgw]$/;
const NONCE = /^[0-9a-f]{32}$/;

const authSchema = z.object({ sig: z.string().regex(SIGNATURE), nonce: z.string().regex(NONCE).optional() });

/** Null for whatever is no `auth`. */
export function readAuth(value: unknown): Auth | null {
  const auth = authSchema.safeParse(value);
  if (!auth.success) return null;
  const { sig, nonce } = auth.data;
  return nonce === undefined ? { sig } : { sig, nonce };
}

/** That of an answer's result, whatever else is in there. */
export function authOfResult(result: unknown): Auth | null {
  return typeof result === 'object' && result !== null && 'auth' in result ? readAuth(result.auth) : null;
}
