/** Parses payloads into messages, and encodes messages. Source of names and shapes: docs/PROTOCOL.md, "Messages". */
import { z } from 'zod';
import { GrapevineError } from '../protocol/errors.ts';
import type { Message, MessageAuth } from '../protocol/messages.ts';
import { authToWire } from './auth-codec.ts';
import { formatOf, parserOf } from './commands.ts';
import { check, decimalSchema, epochSchema, peerIdSchema, shorten } from './fields.ts';

/** `{cmd, body}` of the original, and `auth` beside them. */
export interface Payload {
  readonly cmd: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly auth?: unknown;
}

export interface Parsed {
  readonly message: Message;
  /** Not checked. */
  readonly auth: unknown;
}

const CMD_MAX_LENGTH = 64;

const payloadSchema = z.object({
  cmd: z.string().max(CMD_MAX_LENGTH),
  body: z.looseObject({}),
  auth: z.unknown().optional(),
});

/** A taker's confirmation in a receipt. */
const receiptConfirmationSchema = z.object({
  taker: peerIdSchema,
  epoch: epochSchema,
  unitPrice: decimalSchema.optional(),
  auth: z.unknown(),
});

/**
 * Every field of the message is checked; unknown ones are dropped.
 * @throws GrapevineError ERR_INVALID_MESSAGE, ERR_UNKNOWN_COMMAND, ERR_DETAILS, ERR_REFERENCE
 */
export function parsePayload(payload: unknown): Parsed {
  const { cmd, body, auth } = isPayload(payload) ? payload : check(payloadSchema, payload);
  const parse = parserOf(cmd);
  if (parse === undefined) throw new GrapevineError('ERR_UNKNOWN_COMMAND', `unknown command "${shorten(cmd)}"`);
  return { message: parse(body), auth };
}

/** Accepts the same values as `payloadSchema`, without a copy. The schema only explains an error. */
function isPayload(value: unknown): value is { readonly cmd: string; readonly body: object; readonly auth?: unknown } {
  if (typeof value !== 'object' || value === null || !('cmd' in value) || !('body' in value)) return false;
  const { cmd, body } = value;
  if (typeof cmd !== 'string' || cmd.length > CMD_MAX_LENGTH) return false;
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}

/**
 * Parses the confirmation in a receipt.
 * @throws GrapevineError ERR_INVALID_MESSAGE
 */
export function parseReceiptConfirmation(value: unknown): z.output<typeof receiptConfirmationSchema> {
  return check(receiptConfirmationSchema, value);
}

export function encodeMessage(message: Message, auth?: MessageAuth): Payload {
  const payload = { cmd: message.cmd, body: formatOf(message).encode(message) };
  return auth === undefined ? payload : { ...payload, auth: authToWire(auth) };
}
