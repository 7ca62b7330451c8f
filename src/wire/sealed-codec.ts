/** Parses and encodes sealed requests and answers. Source: docs/PROTOCOL.md. */
import { z } from 'zod';
import { GrapevineError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import { isDeskId } from './desk-id.ts';

const SEALED_COMMAND = 'sealed';

/** An encapsulated X25519 key. */
const ENC_BYTES = 32;
/** Of ChaCha20-Poly1305. */
const TAG_BYTES = 16;
/** Gives each answer a key of its own. */
const SALT_BYTES = 32;

export interface SealedRequest {
  readonly destination: PeerId;
  readonly enc: Buffer;
  readonly ciphertext: Buffer;
}

export interface SealedAnswer {
  readonly salt: Buffer;
  readonly ciphertext: Buffer;
}

export interface SealedPayload {
  readonly cmd: typeof SEALED_COMMAND;
  readonly body: { readonly destination: PeerId; readonly enc: string; readonly ciphertext: string };
}

/** Unpadded base64url in canonical form: each byte sequence has exactly one text. */
function bytesSchema(minBytes: number, maxBytes: number): z.ZodType<Buffer> {
  return z
    .string()
    .max(Math.ceil((maxBytes * 4) / 3))
    .transform((text, context) => {
      const bytes = Buffer.from(text, 'base64url');
      if (bytes.length >= minBytes && bytes.length <= maxBytes && bytes.toString('base64url') === text) return bytes;
      context.addIssue({ code: 'custom', message: `is not base64url of ${minBytes} to ${maxBytes} bytes` });
      return z.NEVER;
    });
}

const textMaxBytes = LIMITS.sealedTextMaxBytes + TAG_BYTES;

const requestSchema = z.object({
  cmd: z.literal(SEALED_COMMAND),
  body: z.object({
    destination: z
      .string()
      .refine(isDeskId, 'is not the id of a desk')
      .transform((id) => id as PeerId),
    enc: bytesSchema(ENC_BYTES, ENC_BYTES),
    ciphertext: bytesSchema(TAG_BYTES, textMaxBytes),
  }),
});

const answerSchema = z.object({ sealed: bytesSchema(SALT_BYTES + TAG_BYTES, SALT_BYTES + textMaxBytes) });

/** Whether a payload claims to be sealed; it may be malformed. */
export function isSealed(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'cmd' in payload && payload.cmd === SEALED_COMMAND;
}

/** The desk that a payload is sealed to; null if it names none. The sealed part is not checked. */
export function destinationOf(payload: unknown): string | null {
  if (!isSealed(payload)) return null;
  const { destination } = (payload as { readonly body?: { readonly destination?: unknown } }).body ?? {};
  return typeof destination === 'string' && isDeskId(destination) ? destination : null;
}

/** @throws GrapevineError ERR_SEALED */
export function parseSealedRequest(payload: unknown): SealedRequest {
  const parsed = requestSchema.safeParse(payload);
  if (parsed.success) return parsed.data.body;
  const [issue] = parsed.error.issues;
  throw new GrapevineError('ERR_SEALED', `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}

export function encodeSealedRequest({ destination, enc, ciphertext }: SealedRequest): SealedPayload {
  const body = { destination, enc: enc.toString('base64url'), ciphertext: ciphertext.toString('base64url') };
  return { cmd: SEALED_COMMAND, body };
}

/** Null for a result that is not a sealed answer. */
export function parseSealedAnswer(result: unknown): SealedAnswer | null {
  const parsed = answerSchema.safeParse(result);
  if (!parsed.success) return null;
  const { sealed } = parsed.data;
  return { salt: sealed.subarray(0, SALT_BYTES), ciphertext: sealed.subarray(SALT_BYTES) };
}

export function encodeSealedAnswer({ salt, ciphertext }: SealedAnswer): { readonly sealed: string } {
  return { sealed: Buffer.concat([salt, ciphertext]).toString('base64url') };
}
