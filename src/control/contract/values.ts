/**
 * The basic values of the contract. Amounts and prices are exact, as text. Times are milliseconds since 1970 on the desk's clock. Ids
 * are complete.
 */
import { z } from 'zod';
import { CONTROL_LIMITS } from '../limits.ts';
import { LIMITS } from '../../protocol/limits.ts';

const ID = new RegExp(`^[A-Za-z0-9_-]{1,${LIMITS.idMaxLength}}$`);
const PREFIX = new RegExp(`^[A-Za-z0-9_-]{${CONTROL_LIMITS.idPrefixMinLength},${LIMITS.idMaxLength}}$`);

/** The id of an offer or a desk, in full. */
export const idSchema = z.string().regex(ID, 'is not an id');

/** In requests about one offer: a full id of any length, or a prefix of exactly one, which has a shortest length. */
export const idOrPrefixSchema = z
  .string()
  .regex(ID, 'is not an id')
  .describe(`A full id, or a prefix of exactly one, of ${CONTROL_LIMITS.idPrefixMinLength} characters or more.`);

/** In filters: ids that begin with this. */
export const idPrefixSchema = z
  .string()
  .regex(PREFIX, `must be an id, or its first ${CONTROL_LIMITS.idPrefixMinLength} or more characters`)
  .describe('A full id, or the beginning of one.');

/** Checked by the desk, which says what is allowed (ERR_INVALID_OFFER). */
export const typedDecimalSchema = z
  .string()
  .describe(`Digits with at most one point, like 1 or 0.25; ${LIMITS.decimalMaxDigits} digits at most.`);

/** Decimals in answers: plain notation without superfluous zeros. A total has all digits of the product. */
export const decimalSchema = z.string().regex(/^(?:0|[1-9]\d*)(?:\.\d+)?$/);

export const timeSchema = z.int().min(0).describe('Milliseconds since 1970, on the clock of the desk.');

export const durationSchema = z.int().min(0).describe('Milliseconds.');

export const countSchema = z.int().min(0);

/** In a query: `true` or `false`. */
export const flagSchema = z.enum(['true', 'false']).transform((text) => text === 'true');

export function numberInQuery(max: number): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^\d{1,16}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value <= max, `must be ${max} at most`);
}

export function idsInQuery(max: number): z.ZodType<string[], string> {
  return z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(idSchema).max(max, `${max} ids at most`));
}

export const offerTypeSchema = z.enum(['buy', 'sell', 'job']);

/** Null: none. */
export const detailsSchema = z.unknown().describe('A text, or another JSON value as it was given; null: none.');

/** The report of one side of a deal. */
export const reportSchema = z
  .object({
    result: z.enum(['done', 'failed']),
    details: detailsSchema,
    at: timeSchema.describe('On the clock of the side that reported.'),
  })
  .meta({ id: 'Report' });

export const awardPolicySchema = z.enum(['first', 'best', 'manual']);

export const roleSchema = z.enum(['maker', 'taker']);
