/**
 * Encodes and decodes answers. An answer is as untrusted as any message: an invalid one is `unknown`, never a success.
 * Source: docs/PROTOCOL.md, "Answers".
 */
import { z } from 'zod';
import { isErrorCode, type ErrorCode } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import type {
  Answer,
  AnswerAuth,
  Command,
  ListAnswer,
  ListedOffer,
  SendResult,
  StatusAnswer,
} from '../protocol/messages.ts';
import { authToWire, readSignature } from './auth-codec.ts';
import { decimalToWire } from './decimal.ts';
import { decimalSchema, digestSchema, epochSchema, offerIdSchema, optional, peerIdSchema } from './fields.ts';
import { termsFromWire, termsSchema, termsToWire } from './terms-codec.ts';

const queuedSchema = z.object({ queued: z.literal(true), position: z.int().min(0) });
const confirmedSchema = z.object({ confirmed: z.literal(true), epoch: epochSchema });
const acknowledgedSchema = z.object({ acknowledged: z.literal(true) });
const statusSchema = z.object({
  phase: z.enum(['open', 'reserved', 'awarded', 'cancelled', 'expired']),
  standing: z.enum(['none', 'queued', 'reserved', 'won', 'lost']),
  epoch: z.int().min(0),
  winner: peerIdSchema.exactOptional(),
  unitPrice: decimalSchema.exactOptional(),
});
const listSchema = z.object({
  offers: z.array(z.intersection(termsSchema, z.object({ auth: z.unknown().optional() }))).max(LIMITS.listPageMax),
  next: optional(offerIdSchema),
  nextMaker: optional(peerIdSchema),
  digest: optional(digestSchema),
});

/** Grenache's `[rid, error, result]` without its `rid`. */
export interface WireAnswer {
  readonly error: string | null;
  readonly result: unknown;
}

/**
 * Clients of the original treat every result that is not an error, and is truthy, as success. So a refusal is an error.
 */
export function encodeAnswer(answer: Answer, auth?: AnswerAuth): WireAnswer {
  const proof = auth === undefined ? {} : { auth: authToWire(auth) };
  if (answer.kind !== 'refused') return { error: null, result: { ...resultOf(answer), ...proof } };
  return { error: `${answer.code}: ${answer.text}`, result: auth === undefined ? null : proof };
}

function resultOf(answer: Exclude<Answer, { kind: 'refused' }>): object {
  switch (answer.kind) {
    case 'queued':
      return { queued: true, position: answer.position };
    case 'confirmed':
      return { confirmed: true, ...(answer.epoch !== null && { epoch: answer.epoch }) };
    case 'acknowledged':
      return { acknowledged: true };
    case 'status':
      return statusToWire(answer);
    case 'list':
      return {
        offers: answer.offers.map(listedOfferToWire),
        next: answer.next,
        ...(answer.nextMaker !== undefined && { nextMaker: answer.nextMaker }),
        ...(answer.digest !== undefined && { digest: answer.digest }),
      };
  }
}

function statusToWire({ phase, standing, epoch, winner, unitPrice }: StatusAnswer): object {
  return {
    phase,
    standing,
    epoch,
    ...(winner !== undefined && { winner }),
    ...(unitPrice !== undefined && { unitPrice: decimalToWire(unitPrice) }),
  };
}

export function listedOfferToWire({ terms, auth }: ListedOffer): Record<string, unknown> {
  return { ...termsToWire(terms), ...(auth !== undefined && { auth: authToWire(auth) }) };
}

/** Decodes a result without an error, as the answer to `cmd`. */
export function decodeResult(cmd: Command, result: unknown): SendResult {
  switch (cmd) {
    case 'offer:accept': {
      const queued = queuedSchema.safeParse(result);
      if (queued.success) return { kind: 'queued', position: queued.data.position };
      return result ? { kind: 'accepted' } : { kind: 'declined' };
    }
    case 'offer:accept:approved': {
      const confirmed = confirmedSchema.safeParse(result);
      return confirmed.success ? { kind: 'confirmed', epoch: confirmed.data.epoch } : { kind: 'accepted' };
    }
    case 'offer:status': {
      const status = statusSchema.safeParse(result);
      return status.success ? { kind: 'status', ...status.data } : INVALID;
    }
    case 'offer:list':
      return decodeList(result) ?? INVALID;
    default:
      return acknowledgedSchema.safeParse(result).success ? { kind: 'acknowledged' } : { kind: 'accepted' };
  }
}

const INVALID: SendResult = { kind: 'unknown', code: 'ERR_ANSWER_INVALID' };

function decodeList(result: unknown): ListAnswer | null {
  const list = listSchema.safeParse(result);
  if (!list.success) return null;
  const offers = list.data.offers.map((offer): ListedOffer => {
    const auth = readSignature(offer.auth);
    return { terms: termsFromWire(offer), ...(auth !== null && { auth }) };
  });
  const { next, nextMaker, digest } = list.data;
  const book = { ...(nextMaker !== null && { nextMaker }), ...(digest !== null && { digest }) };
  return { kind: 'list', offers, next, ...book };
}

const CODED = /^(ERR_[A-Z_]+)(?::\s*(.*))?$/s;

/**
 * Splits an error into code and text. The code is ERR_REFUSED if it is none of ours, as from clients of the original.
 */
export function decodeError(error: string): { readonly code: ErrorCode; readonly text: string } {
  const [, code = '', text = ''] = CODED.exec(error) ?? [];
  return isErrorCode(code) ? { code, text } : { code: 'ERR_REFUSED', text: error };
}
