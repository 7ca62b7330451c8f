/** `auth` as it travels, beside `cmd` and `body` and inside results. Only one spelling of each signature is taken. */
import { z } from 'zod';
import type { AnswerSeal, Auth } from '../protocol/messages.ts';

/** 64 bytes in unpadded base64url: 85 whole digits and one of which only two bits count. */
const SIGNATURE = /^[A-Za-z0-9_-]{85}[AQgw]$/;
const NONCE = /^[0-9a-f]{32}$/;

/** 32 bytes in unpadded base64url. */
const MAC = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

const macSchema = z.object({ mac: z.string().regex(MAC) });
const authSchema = z.object({ sig: z.string().regex(SIGNATURE), nonce: z.string().regex(NONCE).optional() });

/** Null for whatever is no `auth`. */
export function readAuth(value: unknown): Auth | null {
  const auth = authSchema.safeParse(value);
  if (!auth.success) return null;
  const { sig, nonce } = auth.data;
  return nonce === undefined ? { sig } : { sig, nonce };
}

/** Whoever vouches for an answer, from its result, whatever else is in there. */
export function sealOfResult(result: unknown): AnswerSeal | null {
  if (typeof result !== 'object' || result === null || !('auth' in result)) return null;
  const mac = macSchema.safeParse(result.auth);
  return mac.success ? mac.data : readAuth(result.auth);
}

/** The same where only a signature will do. */
export function signatureOfResult(result: unknown): string | null {
  const seal = sealOfResult(result);
  return seal !== null && 'sig' in seal ? seal.sig : null;
}
