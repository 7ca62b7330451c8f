/** Schemas of offers and of the requests about them. */
import { z } from 'zod';
import { CONTROL_LIMITS } from '../limits.ts';
import { LIMITS } from '../../protocol/limits.ts';
import {
  awardPolicySchema,
  countSchema,
  decimalSchema,
  detailsSchema,
  durationSchema,
  flagSchema,
  idOrPrefixSchema,
  idSchema,
  idsInQuery,
  numberInQuery,
  offerTypeSchema,
  reportSchema,
  roleSchema,
  timeSchema,
  typedDecimalSchema,
} from './values.ts';

/** `open` to `voided` are a maker's, `seen` to `voided` a taker's; see docs/PROTOCOL.md, "Lifecycles". */
const phaseSchema = z.enum([
  'open',
  'reserved',
  'awarded',
  'cancelled',
  'expired',
  'seen',
  'accepting',
  'queued',
  'confirmed',
  'closed',
  'won',
  'lost',
  'withdrawn',
  'gaveUp',
  'voided',
]);

const lossReasonSchema = z.string().max(LIMITS.errorTextMaxLength);

/** A taker in the queue of an own offer; `unitPrice` is its bid, null for the offer's price. */
const acceptanceSchema = z
  .object({ taker: idSchema, unitPrice: decimalSchema.nullable(), at: timeSchema.nullable(), verified: z.boolean() })
  .meta({ id: 'Acceptance' });

/** An offer as this desk knows it. All fields are always present; those that do not apply are null. */
export const offerSchema = z
  .object({
    role: roleSchema.describe('What this desk is to the offer.'),
    offerId: idSchema,
    maker: idSchema,
    type: offerTypeSchema,
    amount: decimalSchema,
    pair: z.string().nullable(),
    unitPrice: decimalSchema.nullable(),
    total: decimalSchema.nullable().describe('Amount times unit price, exact.'),
    issuedAt: timeSchema.nullable(),
    expiresAt: timeSchema.nullable(),
    award: awardPolicySchema,
    windowMs: durationSchema.nullable().describe('How long acceptances are collected before the best gets it.'),
    to: z.array(idSchema).nullable().describe('The desks it is for; null: everybody.'),
    details: detailsSchema,
    reference: z.string().nullable().describe("Its maker's own name for it."),
    attempt: countSchema.describe('How often it has been offered under that reference.'),
    attemptsMax: countSchema
      .nullable()
      .describe('Own offers that are renewed when they fail: how many attempts in all; otherwise null.'),
    doneWithinMs: durationSchema.nullable().describe('After the award its winner should report within this.'),
    phase: phaseSchema,
    inDoubt: z.boolean().describe('It may be a deal or not, and this desk can not know.'),
    verified: z.boolean().describe('False: the other side is taken at its word.'),
    taker: idSchema.nullable().describe('Own offers: whom it is held for, or was awarded to.'),
    acceptancesWaiting: countSchema.describe('Own offers: how many acceptances wait.'),
    acceptances: z.array(acceptanceSchema).describe('Own offers: who waits, in the order in which they would get it.'),
    agreedUnitPrice: decimalSchema.nullable().describe('The price of the deal, where a bid was taken.'),
    agreedTotal: decimalSchema.nullable().describe('Amount times that price.'),
    bidUnitPrice: decimalSchema.nullable().describe('Offers of others: the bid of this desk, where it made one.'),
    bidTotal: decimalSchema.nullable().describe('Amount times that bid.'),
    ownReport: reportSchema.nullable().describe('What this desk has said about the deal.'),
    otherReport: reportSchema.nullable().describe('What the other side has said about it.'),
    isOverdue: z.boolean().describe('Own offers: the winner did not report in time.'),
    renewedAs: idSchema.nullable().describe('Own offers: the offer that was made in its place.'),
    reason: lossReasonSchema.nullable().describe('Why it was lost or given up.'),
    lastSeenAt: timeSchema.nullable().describe('Offers of others: when its maker was last heard of.'),
    isStale: z.boolean().describe('Offers of others that are not over: its maker may be gone.'),
  })
  .meta({ id: 'Offer' });

export type Offer = z.output<typeof offerSchema>;
export type Acceptance = z.output<typeof acceptanceSchema>;

export const offersQuerySchema = z.strictObject({
  mine: flagSchema.optional().describe('true: own offers alone; false: those of others alone.'),
  all: flagSchema.optional().describe('true: also all that have ended, from the journal.'),
  recent: flagSchema.optional().describe('true: also those that have ended lately and are in memory still.'),
  inDoubt: flagSchema.optional(),
  pair: z.string().max(LIMITS.pairMaxLength).optional(),
  type: offerTypeSchema.optional(),
  maker: idOrPrefixSchema.optional(),
  ids: idsInQuery(CONTROL_LIMITS.controlIdsMax)
    .optional()
    .describe('These alone, ended ones too: ids in full, with commas.'),
  sort: z.enum(['price', 'amount', 'age', 'validity']).optional().describe('By default newest first (age).'),
  after: z
    .string()
    .max(CONTROL_LIMITS.cursorMaxLength)
    .optional()
    .describe(
      '`next` of the page before, which decides what is listed and in which order: nothing else counts but `limit`.',
    ),
  offset: numberInQuery(Number.MAX_SAFE_INTEGER).optional(),
  limit: numberInQuery(CONTROL_LIMITS.controlPageMax)
    .optional()
    .describe(`At most, and by default, ${CONTROL_LIMITS.controlPageMax}.`),
});

/** `total` counts all matches, also beyond the page. */
export const offersSchema = z
  .object({
    offers: z.array(offerSchema),
    total: countSchema,
    next: z
      .string()
      .nullable()
      .describe(
        'Where the next page begins, for a short while; the list is as it was at the first page. Null: no more.',
      ),
  })
  .meta({ id: 'Offers' });

export const announceSchema = z
  .strictObject({
    type: offerTypeSchema,
    amount: typedDecimalSchema.optional().describe('Needed but for a job, which is 1 by default.'),
    pair: z.string().optional(),
    unitPrice: typedDecimalSchema.optional(),
    validForMs: durationSchema.optional(),
    to: z.array(idSchema).min(1).optional(),
    award: awardPolicySchema.optional(),
    windowMs: durationSchema.optional(),
    details: detailsSchema
      .optional()
      .describe('A text, or another JSON value, which is given back as it was; null: none.'),
    reference: z
      .string()
      .optional()
      .describe('Announced again under a reference, the same offer is given back; other terms are ERR_REFERENCE_USED.'),
    doneWithinMs: durationSchema.optional(),
    ifFailed: z.enum(['renew']).optional().describe('Renewed when its deal fails or is overdue. Needs a reference.'),
    attempts: countSchema.optional().describe('With `ifFailed`: how often it is offered in all; 3 by default.'),
    excludeFailed: z.boolean().optional().describe('With `ifFailed`: a desk that has failed does not get it again.'),
  })
  .meta({ id: 'Announcement' });

const maker = idOrPrefixSchema.optional().describe('Needed only when two makers use the same id.');

export const makerSchema = z.strictObject({ maker });

export const acceptSchema = z.strictObject({ maker, unitPrice: typedDecimalSchema.optional() });
export const awardSchema = z.strictObject({ maker, taker: idOrPrefixSchema });
export const renewSchema = z.strictObject({ maker, validForMs: durationSchema.optional() });
export const reportRequestSchema = z.strictObject({
  maker,
  result: z.enum(['done', 'failed']),
  details: detailsSchema.optional(),
});
export const resolveSchema = z.strictObject({ maker, as: z.enum(['awarded', 'released', 'won', 'lost']) });

/** One record of an offer's journal. `fields` are its details, flat. */
const storyEntrySchema = z
  .object({
    at: timeSchema,
    who: idSchema.nullable().describe('Who did it; null: nobody but the clock.'),
    event: z.string(),
    fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    text: z.string().optional(),
    signedBy: idSchema.nullable().optional().describe("Whose signature the journal has with it; null: nobody's."),
  })
  .meta({ id: 'StoryEntry' });

/** The whole story of an offer, in order, and what it waits for (null if it has ended). */
export const storySchema = z
  .object({ offer: offerSchema, entries: z.array(storyEntrySchema), awaits: z.string().nullable() })
  .meta({ id: 'Story' });

export type StoryEntry = z.output<typeof storyEntrySchema>;
export type Story = z.output<typeof storySchema>;

/** A proof of a deal; store it unchanged and check it with `grapevine verify`. */
export const receiptSchema = z.looseObject({}).meta({ id: 'Receipt' });

export type Receipt = z.output<typeof receiptSchema>;
