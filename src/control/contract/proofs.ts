/** Schemas of verified proofs. */
import { z } from 'zod';
import {
  countSchema,
  decimalSchema,
  detailsSchema,
  idSchema,
  offerTypeSchema,
  reportSchema,
  roleSchema,
} from './values.ts';

/** The JSON of a receipt or of a proof of equivocation. */
export const proofToVerifySchema = z.strictObject({ proof: z.looseObject({}) });

export const provenSchema = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('deal'),
      offerId: idSchema,
      maker: idSchema,
      taker: idSchema,
      type: offerTypeSchema,
      amount: decimalSchema,
      pair: z.string().nullable(),
      unitPrice: decimalSchema.nullable().describe('Of the deal.'),
      epoch: countSchema.describe('The reservation that was confirmed.'),
      details: detailsSchema.describe('Of the offer: a text, or another JSON value; null: none.'),
      reports: z.array(reportSchema.extend({ by: roleSchema })).describe('The signed reports of both sides.'),
    }),
    z.object({ kind: z.literal('equivocation'), maker: idSchema, offerId: idSchema }),
  ])
  .meta({ id: 'Proven' });

export type Proven = z.output<typeof provenSchema>;
