/** How the control API refuses a request: an HTTP status that any client understands, and our code for the reason. */
import { z } from 'zod';
import type { ErrorCode } from '../../protocol/errors.ts';

export const failureSchema = z
  .object({
    code: z.string().regex(/^ERR(?:_[A-Z]+)+$/),
    text: z.string().describe('For people; it may change.'),
  })
  .meta({ id: 'Failure', description: 'See docs/ERRORS.md.' });

export type Failure = z.output<typeof failureSchema>;

const STATUS: Partial<Record<ErrorCode, number>> = {
  // The request is wrong.
  ERR_USAGE: 400,
  ERR_INVALID_OFFER: 400,
  ERR_DETAILS: 400,
  ERR_REFERENCE: 400,
  ERR_RULE: 400,
  ERR_CONFIG: 400,
  ERR_BODY_NOT_JSON: 400,
  ERR_NUMBER_INEXACT: 400,
  ERR_CONTROL_TOKEN: 401,
  ERR_CONTROL_ORIGIN: 403,
  ERR_PAGE_LINK: 403,
  ERR_CONTROL_ROUTE: 404,
  ERR_BODY_TOO_LARGE: 413,
  ERR_CONTROL_MEDIA_TYPE: 415,
  // The state of the offer, or of the desk that made it.
  ERR_OFFER_UNKNOWN: 404,
  ERR_OFFER_TAKEN: 409,
  ERR_OFFER_CANCELLED: 409,
  ERR_OFFER_EXPIRED: 409,
  ERR_OFFER_IN_DOUBT: 409,
  ERR_WRONG_STATE: 409,
  ERR_REFERENCE_USED: 409,
  ERR_REPORTED: 409,
  ERR_NO_DEAL: 409,
  ERR_NOT_INTERESTED: 409,
  ERR_CONTRADICTION: 409,
  ERR_STALE_EPOCH: 409,
  ERR_PRICE_LIMIT: 409,
  ERR_NOT_ADDRESSED: 403,
  ERR_NOT_ADMITTED: 403,
  ERR_RECEIPT: 404,
  // Temporary.
  ERR_OVERLOADED: 503,
  ERR_QUEUE_FULL: 503,
  ERR_RATE_LIMITED: 429,
  ERR_STOPPING: 503,
  ERR_DESK_STOPPED: 503,
};

/** All other codes are failures of the desk itself: its journal, its key, a defect. */
export function statusOf(code: ErrorCode): number {
  return STATUS[code] ?? 500;
}
