/** The terms of an offer on the wire, and their lines in a statement. Source: docs/PROTOCOL.md, "Messages". */
import { z } from 'zod';
import { LIMITS } from '../protocol/limits.ts';
import type { OfferTerms } from '../protocol/messages.ts';
import { decimalToWire, isZero } from './decimal.ts';
import { detailsDigest, detailsToWire } from './details.ts';
import {
  decimalSchema,
  detailsFields,
  detailsFromWire,
  offerIdSchema,
  optional,
  pairSchema,
  peerIdSchema,
  present,
  referenceSchema,
  timeSchema,
} from './fields.ts';
import { line, optionalLine } from './statement-lines.ts';

const amountSchema = decimalSchema.refine((amount) => !isZero(amount), 'must be more than 0');

export const termsSchema = z
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

export function termsToWire(terms: OfferTerms): Record<string, unknown> {
  const { offerId, maker, type, amount, unitPrice, pair, issuedAt, expiresAt, award, windowMs, to } = terms;
  const { details, reference, attempt, doneWithinMs } = terms;
  return {
    offerId,
    source: maker,
    type,
    amount: decimalToWire(amount),
    ...(unitPrice !== null && { unitPrice: decimalToWire(unitPrice) }),
    ...present({ pair, issuedAt, expiresAt, award, windowMs, to, reference, attempt, doneWithinMs }),
    ...detailsToWire(details),
  };
}

export function termsFromWire(body: z.output<typeof termsSchema>): OfferTerms {
  const { offerId, source, type, amount, unitPrice, pair, issuedAt, expiresAt, award, windowMs, to } = body;
  const { details, detailsFormat, reference, attempt, doneWithinMs } = body;
  return {
    offerId,
    maker: source,
    type,
    amount,
    unitPrice,
    pair,
    issuedAt,
    expiresAt,
    ...(award !== null && award !== 'first' && { award }),
    ...(windowMs !== null && { windowMs }),
    ...(to !== null && { to }),
    ...detailsFromWire(details, detailsFormat),
    ...(reference !== null && { reference }),
    ...(attempt !== null && { attempt }),
    ...(doneWithinMs !== null && { doneWithinMs }),
  };
}

export function termsLines(terms: OfferTerms): string {
  const { offerId, maker, type, amount, unitPrice, pair, issuedAt, expiresAt, award, windowMs, to } = terms;
  const { details, reference, attempt, doneWithinMs } = terms;
  return (
    line('offerId', offerId) +
    line('source', maker) +
    line('type', type) +
    line('amount', amount) +
    line('unitPrice', unitPrice) +
    line('pair', pair) +
    line('issuedAt', issuedAt) +
    line('expiresAt', expiresAt) +
    line('award', award) +
    line('windowMs', windowMs) +
    line('to', to?.join(',')) +
    optionalLine('details', details && detailsDigest(details)) +
    optionalLine('reference', reference) +
    optionalLine('attempt', attempt) +
    optionalLine('doneWithinMs', doneWithinMs)
  );
}
