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
  idPrefixSchema,
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
    role: roleSchema.describe('The role of this desk.'),
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
    doneWithinMs: durationSchema.nullable().describe('The winner should report within this time after the award.'),
    phase: phaseSchema,
    inDoubt: z.boolean().describe('Whether it is a deal is not known to this desk.'),
    verified: z.boolean().describe('False: the identity of the other side is not proven.'),
    taker: idSchema.nullable().describe('Own offers: the desk that it is held for or was awarded to.'),
    acceptancesWaiting: countSchema.describe('Own offers: the number of waiting acceptances.'),
    acceptances: z.array(acceptanceSchema).describe('Own offers: the waiting acceptances, the next one first.'),
    agreedUnitPrice: decimalSchema.nullable().describe('The price of the deal, if the taker made a bid.'),
    agreedTotal: decimalSchema.nullable().describe('Amount times that price.'),
    bidUnitPrice: decimalSchema.nullable().describe('Offers of others: the bid of this desk, if it made one.'),
    bidTotal: decimalSchema.nullable().describe('Amount times that bid.'),
    ownReport: reportSchema.nullable().describe('The report of this desk on the deal.'),
    otherReport: reportSchema.nullable().describe('The report of the other side.'),
    isOverdue: z.boolean().describe('Own offers: the winner did not report in time.'),
    renewedAs: idSchema.nullable().describe('Own offers: the offer that replaced it.'),
    reason: lossReasonSchema.nullable().describe('Why it was lost or given up.'),
    lastSeenAt: timeSchema.nullable().describe('Offers of others: when the last message of its maker arrived.'),
    isStale: z.boolean().describe('Active offers of others: the maker may be gone.'),
  })
  .meta({ id: 'Offer' });

export type Offer = z.output<typeof offerSchema>;
export type Acceptance = z.output<typeof acceptanceSchema>;

export const offersQuerySchema = z.strictObject({
  mine: flagSchema.optional().describe('true: only own offers; false: only offers of others.'),
  all: flagSchema.optional().describe('true: also all ended offers, from the journal.'),
  recent: flagSchema.optional().describe('true: also recently ended offers, which are still in memory.'),
  inDoubt: flagSchema.optional(),
  pair: z.string().max(LIMITS.pairMaxLength).optional(),
  type: offerTypeSchema.optional(),
  maker: idPrefixSchema.optional(),
  ids: idsInQuery(CONTROL_LIMITS.controlIdsMax)
    .optional()
    .describe('Only these offers, also ended ones: full ids, separated by commas. Other filters have no effect.'),
  sort: z.enum(['price', 'amount', 'age', 'validity']).optional().describe('Default: `age`, the newest first.'),
  after: z
    .string()
    .max(CONTROL_LIMITS.cursorMaxLength)
    .optional()
    .describe(
      '`next` of the previous page. The list is that of the first page: other parameters than `limit` have no effect.',
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
        'Start of the next page, valid for a short time; the list does not change between pages. Null: no more.',
      ),
  })
  .meta({ id: 'Offers' });

export const announceSchema = z
  .strictObject({
    type: offerTypeSchema,
    amount: typedDecimalSchema.optional().describe('Required, except for a job (default: 1).'),
    pair: z.string().optional(),
    unitPrice: typedDecimalSchema.optional(),
    validForMs: durationSchema.optional(),
    to: z.array(idSchema).min(1).optional(),
    award: awardPolicySchema.optional(),
    windowMs: durationSchema.optional(),
    details: detailsSchema
      .optional()
      .describe('A text, or another JSON value, which is returned unchanged; null: none.'),
    reference: z
      .string()
      .optional()
      .describe(
        'A repeated announcement under a reference returns the existing offer; other terms: ERR_REFERENCE_USED.',
      ),
    doneWithinMs: durationSchema.optional(),
    ifFailed: z
      .enum(['renew'])
      .optional()
      .describe('Makes the offer again when its deal fails or is overdue. Needs a reference.'),
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
    who: idSchema.nullable().describe('The desk that did it; null: time passed.'),
    event: z.string(),
    fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    text: z.string().optional(),
    signedBy: idSchema.nullable().optional().describe('The desk whose signature the journal has with it; null: none.'),
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
