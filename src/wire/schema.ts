/**
 * The zod schemas of messages and answers: field names, types and limits of docs/PROTOCOL.md. Unknown fields are
 * ignored, so that later versions can add some.
 */
import { z } from 'zod';
import { GrapevineError } from '../protocol/errors.ts';
import type { Decimal, OfferId, PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import { DIGEST_LENGTH } from './book-digest.ts';
import { decimalFromNumber, decimalFromText, isZero } from './decimal.ts';

const ID = new RegExp(`^[A-Za-z0-9_-]{1,${LIMITS.idMaxLength}}$`);
const DIGEST = new RegExp(`^[0-9a-f]{${DIGEST_LENGTH}}$`);
const PAIR = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._:/-]{0,${LIMITS.pairMaxLength - 1}}$`);
/** The latest time that a JavaScript date can represent. */
const TIME_MAX_MS = 8.64e15;

// Type casts, because a transform costs more than the check.
const peerIdSchema = z.string().regex(ID, 'is no id') as unknown as z.ZodType<PeerId>;
const offerIdSchema = z.string().regex(ID, 'is no id') as unknown as z.ZodType<OfferId>;

export const pairSchema = z.string().regex(PAIR, 'is no pair');

const timeSchema = z.int().min(0).max(TIME_MAX_MS);
const epochSchema = z.int().min(1);

const decimalSchema = z.union([z.number(), z.string()]).transform((value, context): Decimal => {
  try {
    return typeof value === 'number' ? decimalFromNumber(value) : decimalFromText(value);
  } catch (error) {
    if (!(error instanceof GrapevineError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
});

const amountSchema = decimalSchema.refine((amount) => !isZero(amount), 'must be more than 0');

const REFERENCE = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._:/@+=-]{0,${LIMITS.referenceMaxLength - 1}}$`);
export const referenceSchema = z
  .string()
  .regex(REFERENCE, 'must be up to 64 letters, digits or any of . _ : / @ + = -, and begin with a letter or a digit');

/** Checked by `readDetails` in details.ts. */
const detailsFields = {
  details: optional(z.unknown()),
  detailsFormat: optional(z.unknown()),
};

/** Null and absent mean the same: clients of the original omit fields without a value. */
function optional<Schema extends z.ZodType>(schema: Schema): z.ZodType<z.output<Schema> | null> {
  return schema.nullable().default(null);
}

export const offerNewSchema = z
  .object({
    offerId: offerIdSchema,
    source: peerIdSchema,
    type: z.enum(['buy', 'sell', 'job']),
    amount: amountSchema,
    unitPrice: optional(decimalSchema),
    pair: optional(pairSchema),
    issuedAt: optional(timeSchema),
    expiresAt: optional(timeSchema),
    award: optional(z.enum(['first', 'best', 'manual'])),
    windowMs: optional(z.int().min(1).max(LIMITS.validityMaxMs)),
    to: optional(z.array(peerIdSchema).min(1).max(LIMITS.directedToMax)),
    ...detailsFields,
    reference: optional(referenceSchema),
    attempt: optional(z.int().min(2).max(LIMITS.attemptsMax)),
    doneWithinMs: optional(z.int().min(1).max(LIMITS.doneWithinMaxMs)),
  })
  .refine(
    ({ issuedAt, expiresAt }) =>
      issuedAt === null || expiresAt === null || (expiresAt > issuedAt && expiresAt - issuedAt <= LIMITS.validityMaxMs),
    { path: ['expiresAt'], message: 'must be later than issuedAt, and by 30 days at most' },
  )
  .refine(({ award, windowMs }) => (award === 'best') === (windowMs !== null), {
    path: ['windowMs'],
    message: 'goes with the award policy "best", and with no other',
  })
  .refine(({ to }) => to === null || new Set(to).size === to.length, { path: ['to'], message: 'names a desk twice' });

export type OfferNewBody = z.output<typeof offerNewSchema>;

export const partiesSchema = z.object({ offerId: offerIdSchema, source: peerIdSchema, destination: peerIdSchema });

export const offerAcceptSchema = partiesSchema.extend({ unitPrice: optional(decimalSchema) });

export const offerApprovedSchema = partiesSchema.extend({
  epoch: optional(epochSchema),
  until: optional(timeSchema),
  unitPrice: optional(decimalSchema),
});

export const offerReleasedSchema = partiesSchema.extend({ epoch: epochSchema });

export const offerDoneSchema = z
  .object({
    offerId: offerIdSchema,
    source: optional(peerIdSchema),
    outcome: optional(z.enum(['awarded', 'cancelled', 'expired'])),
    winner: optional(peerIdSchema),
    epoch: optional(epochSchema),
    unitPrice: optional(decimalSchema),
  })
  .refine(({ outcome, winner }) => outcome !== 'awarded' || winner !== null, {
    path: ['winner'],
    message: 'is missing',
  });

export const dealReportSchema = partiesSchema.extend({
  by: z.enum(['maker', 'taker']),
  result: z.enum(['done', 'failed']),
  at: timeSchema,
  ...detailsFields,
});

export const offerListSchema = z.object({
  source: peerIdSchema,
  destination: peerIdSchema,
  after: optional(offerIdSchema),
  limit: z.int().min(1).max(LIMITS.listPageMax).default(LIMITS.listPageMax),
  afterMaker: optional(peerIdSchema),
  digest: optional(z.string().regex(DIGEST, 'is no digest of a book')),
});

export const deskHelloSchema = z
  .object({
    source: peerIdSchema,
    destination: optional(peerIdSchema),
    at: timeSchema,
    since: timeSchema,
    offers: optional(z.int().min(0).max(LIMITS.ownOffersMax)),
    link: optional(z.literal(true)),
  })
  .refine(({ at, since }) => since <= at, { path: ['since'], message: 'is after at' });

export const CMD_MAX_LENGTH = 64;

export const payloadSchema = z.object({
  cmd: z.string().max(CMD_MAX_LENGTH),
  body: z.looseObject({}),
  auth: z.unknown().optional(),
});

export const queuedAnswerSchema = z.object({ queued: z.literal(true), position: z.int().min(0) });
export const confirmedAnswerSchema = z.object({ confirmed: z.literal(true), epoch: epochSchema });
export const acknowledgedAnswerSchema = z.object({ acknowledged: z.literal(true) });
export const statusAnswerSchema = z.object({
  phase: z.enum(['open', 'reserved', 'awarded', 'cancelled', 'expired']),
  standing: z.enum(['none', 'queued', 'reserved', 'won', 'lost']),
  epoch: z.int().min(0),
  winner: peerIdSchema.exactOptional(),
  unitPrice: decimalSchema.exactOptional(),
});
/** A taker's confirmation in a receipt. */
export const receiptConfirmationSchema = z.object({
  taker: peerIdSchema,
  epoch: epochSchema,
  unitPrice: decimalSchema.optional(),
  auth: z.unknown(),
});
export const listAnswerSchema = z.object({
  offers: z.array(z.intersection(offerNewSchema, z.object({ auth: z.unknown().optional() }))).max(LIMITS.listPageMax),
  next: optional(offerIdSchema),
  nextMaker: optional(peerIdSchema),
  digest: optional(z.string().regex(DIGEST)),
});
