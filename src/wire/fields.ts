/**
 * The fields of messages and answers: types and limits of docs/PROTOCOL.md, "Messages". Unknown fields are ignored, so
 * that later versions can add some.
 */
import { z } from 'zod';
import { GrapevineError } from '../protocol/errors.ts';
import type { Decimal, OfferId, PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Details } from '../protocol/messages.ts';
import { DIGEST_LENGTH } from './book-digest.ts';
import { decimalFromNumber, decimalFromText, decimalToWire } from './decimal.ts';
import { readDetails } from './details.ts';

const ID = new RegExp(`^[A-Za-z0-9_-]{1,${LIMITS.idMaxLength}}$`);
const PAIR = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._:/-]{0,${LIMITS.pairMaxLength - 1}}$`);
/** The latest time that a JavaScript date can represent. */
const TIME_MAX_MS = 8.64e15;

// Type casts, because a transform costs more than the check.
export const peerIdSchema = z.string().regex(ID, 'is not a valid id') as unknown as z.ZodType<PeerId>;
export const offerIdSchema = z.string().regex(ID, 'is not a valid id') as unknown as z.ZodType<OfferId>;

export const pairSchema = z.string().regex(PAIR, 'is not a valid pair');

export const timeSchema = z.int().min(0).max(TIME_MAX_MS);
export const epochSchema = z.int().min(1);
export const digestSchema = z.string().regex(new RegExp(`^[0-9a-f]{${DIGEST_LENGTH}}$`), 'is not a digest of a book');

export const decimalSchema = z.union([z.number(), z.string()]).transform((value, context): Decimal => {
  try {
    return typeof value === 'number' ? decimalFromNumber(value) : decimalFromText(value);
  } catch (error) {
    if (!(error instanceof GrapevineError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
});

const REFERENCE = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._:/@+=-]{0,${LIMITS.referenceMaxLength - 1}}$`);
export const referenceSchema = z
  .string()
  .regex(REFERENCE, 'must be up to 64 letters, digits or any of . _ : / @ + = -, and begin with a letter or a digit');

/** Checked by {@link detailsFromWire}. */
export const detailsFields = {
  details: optional(z.unknown()),
  detailsFormat: optional(z.unknown()),
};

/** Null and absent mean the same: clients of the original omit fields without a value. */
export function optional<Schema extends z.ZodType>(schema: Schema): z.ZodType<z.output<Schema> | null> {
  return schema.nullable().default(null);
}

export function detailsFromWire(text: unknown, format: unknown): { readonly details?: Details } {
  const details = readDetails(text, format);
  return details === null ? {} : { details };
}

export function bidFromWire(unitPrice: Decimal | null): { readonly unitPrice?: Decimal } {
  return unitPrice === null ? {} : { unitPrice };
}

export function bidToWire({ unitPrice }: { readonly unitPrice?: Decimal }): Record<string, unknown> {
  return unitPrice === undefined ? {} : { unitPrice: decimalToWire(unitPrice) };
}

/** Omits fields that are null or undefined, as clients of the original do. */
export function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const name in fields) {
    const value = fields[name];
    if (value !== null && value !== undefined) given[name] = value;
  }
  return given;
}

/** @throws GrapevineError ERR_INVALID_MESSAGE, ERR_REFERENCE */
export function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const isReference = result.error.issues[0]?.path[0] === 'reference';
  throw new GrapevineError(isReference ? 'ERR_REFERENCE' : 'ERR_INVALID_MESSAGE', describe(result.error));
}

/** Only the first error, and never the whole payload. */
function describe(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'invalid';
  const where = issue.path.length === 0 ? 'message' : issue.path.map(String).join('.');
  return shorten(`${where}: ${issue.message}`);
}

/** Of at most `errorTextMaxLength` characters. */
export function shorten(text: string): string {
  const max = LIMITS.errorTextMaxLength;
  return text.length > max ? `${text.slice(0, max)}…` : text;
}
