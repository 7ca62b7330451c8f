/** Schemas of the desk itself: id and state, settings, known peers, deals. */
import { z } from 'zod';
import { CONTROL_LIMITS } from '../limits.ts';
import { LIMITS } from '../../protocol/limits.ts';
import {
  countSchema,
  decimalSchema,
  detailsSchema,
  durationSchema,
  flagSchema,
  idSchema,
  numberInQuery,
  offerTypeSchema,
  reportSchema,
  roleSchema,
  timeSchema,
} from './values.ts';

export const healthSchema = z.object({ alive: z.literal(true) }).meta({ id: 'Health' });

/** `reasons` is empty if and only if the desk is ready. */
export const readinessSchema = z.object({ ready: z.boolean(), reasons: z.array(z.string()) }).meta({ id: 'Readiness' });

export type Readiness = z.output<typeof readinessSchema>;

export const deskSchema = z
  .object({
    id: idSchema,
    version: z.string(),
    host: z.string(),
    port: countSchema,
    trust: z.enum(['signed', 'open']),
    network: z.enum(['local', 'lan', 'public', 'mixed', 'hyperdht']),
    startedAt: timeSchema,
    dataDir: z.string().nullable(),
    grapes: z.array(z.string()),
    broadcastKey: z.string(),
    cursor: z.string().describe('Of the latest event; `GET /v1/events?after=CURSOR` returns all later events.'),
    counts: z.object({
      openOwn: countSchema,
      openOthers: countSchema,
      inDoubt: countSchema,
      peers: countSchema,
    }),
  })
  .meta({ id: 'Desk' });

export type DeskView = z.output<typeof deskSchema>;

const dealResultSchema = z.enum(['open', 'done', 'failed']);

/** A deal or a possible deal: `inDoubt` until the maker's decision is known. `unitPrice` is the agreed price. */
const dealSchema = z
  .object({
    role: roleSchema,
    offerId: idSchema,
    maker: idSchema,
    taker: idSchema,
    type: offerTypeSchema,
    amount: decimalSchema,
    pair: z.string().nullable(),
    unitPrice: decimalSchema.nullable(),
    total: decimalSchema.nullable(),
    at: timeSchema.describe('When it was decided; in doubt: since when.'),
    inDoubt: z.boolean(),
    byHand: z.boolean().describe('An operator decided it.'),
    verified: z.boolean(),
    details: detailsSchema,
    reference: z.string().nullable(),
    attempt: countSchema,
    doneWithinMs: durationSchema.nullable(),
    ownReport: reportSchema.nullable().describe('The report of this desk.'),
    otherReport: reportSchema.nullable().describe('The report of the other side.'),
    result: dealResultSchema
      .nullable()
      .describe(
        '`failed`: one side has reported that. `done`: one side has, and no side `failed`. `open`: no report. Null: in doubt.',
      ),
    isOverdue: z.boolean().describe('As maker: the winner did not report in time.'),
  })
  .meta({ id: 'Deal' });

export type Deal = z.output<typeof dealSchema>;

export const dealsQuerySchema = z.strictObject({
  inDoubt: flagSchema.optional(),
  result: dealResultSchema.optional().describe('Only deals with this result.'),
  since: numberInQuery(Number.MAX_SAFE_INTEGER).optional().describe('Milliseconds since 1970.'),
  until: numberInQuery(Number.MAX_SAFE_INTEGER).optional().describe('Before this time; milliseconds since 1970.'),
  after: z
    .string()
    .max(CONTROL_LIMITS.cursorMaxLength)
    .optional()
    .describe('`next` of the previous page. New deals between two pages neither repeat nor hide any.'),
  offset: numberInQuery(Number.MAX_SAFE_INTEGER).optional(),
  limit: numberInQuery(CONTROL_LIMITS.controlPageMax).optional(),
});

export const dealsSchema = z
  .object({
    deals: z.array(dealSchema),
    total: countSchema.nullable().describe('All matches, on all pages; null on a page requested with `after`.'),
    next: z
      .string()
      .nullable()
      .describe('Start of the next page; null: there is none, or the page was requested with `offset`.'),
  })
  .meta({ id: 'Deals' });

const peerSchema = z
  .object({
    id: idSchema,
    verified: z.boolean(),
    firstSeenAt: timeSchema,
    lastSeenAt: timeSchema,
    upSince: timeSchema.nullable().describe('When it started, by its own clock; null: not known yet.'),
    clockOffsetMs: z.int().nullable().describe('Its clock minus ours.'),
    failures: countSchema.describe('Requests to it that failed since the last success.'),
    lastFailure: z.string().nullable().describe('Code of the latest failure.'),
    openOffers: countSchema,
  })
  .meta({ id: 'Peer' });

export type PeerView = z.output<typeof peerSchema>;

export const peersSchema = z.object({ peers: z.array(peerSchema) }).meta({ id: 'Peers' });

const checkSchema = z
  .object({
    name: z.string(),
    ok: z.enum(['ok', 'warn', 'fail']).describe('One of three words, not a boolean.'),
    found: z.string(),
    advice: z.string().nullable().describe('What to do; null: nothing.'),
  })
  .meta({ id: 'Check' });

export type Check = z.output<typeof checkSchema>;

export const doctorSchema = z.object({ checks: z.array(checkSchema) }).meta({ id: 'Examination' });

export const backupRequestSchema = z.strictObject({
  file: z
    .string()
    .min(1)
    .max(CONTROL_LIMITS.filePathMaxLength)
    .refine((file) => file.startsWith('/') || /^[A-Za-z]:[\\/]/.test(file), 'must be an absolute path')
    .describe('Absolute path of a file that does not exist yet, on the machine of the desk.'),
});

export const backupSchema = z.object({ file: z.string() }).meta({ id: 'Backup' });

export const pageSchema = z.object({ url: z.string() }).meta({ id: 'PageLink' });

const settingValueSchema = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]);

/** A setting and the source of its value. Never contains secrets. */
const settingSchema = z
  .object({
    name: z.string(),
    value: settingValueSchema,
    source: z.enum(['flag', 'environment', 'file', 'default']),
    from: z.string().nullable().describe('Name of the flag, the variable or the file.'),
  })
  .meta({ id: 'Setting' });

export type Setting = z.output<typeof settingSchema>;

export const configSchema = z.object({ settings: z.array(settingSchema) }).meta({ id: 'Config' });

export const rulesReloadedSchema = z.object({ rules: countSchema }).meta({ id: 'RulesReloaded' });

export type RulesReloaded = z.output<typeof rulesReloadedSchema>;

/** The fields that rules check; missing fields count as an offer without them. */
export const rulesTestSchema = z.strictObject({
  offer: z.strictObject({
    maker: idSchema.optional(),
    type: offerTypeSchema,
    amount: z.string(),
    pair: z.string().max(LIMITS.pairMaxLength).optional(),
    unitPrice: z.string().optional(),
    reference: z.string().max(LIMITS.referenceMaxLength).optional(),
    details: detailsSchema.optional(),
  }),
});

export type OfferToTest = z.output<typeof rulesTestSchema>['offer'];

export const rulesVerdictSchema = z
  .object({
    takes: z.boolean(),
    rule: z.string().nullable().describe('The rule that accepts it, as text.'),
    reasons: z.array(z.string()).describe('Why, in words; if not accepted: what does not match, for each rule.'),
  })
  .meta({ id: 'RulesVerdict' });

export type RulesVerdict = z.output<typeof rulesVerdictSchema>;
