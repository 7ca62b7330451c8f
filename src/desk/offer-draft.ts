/** What an operator wants to offer, and the terms that come of it. */
import { GrapevineError } from '../protocol/errors.ts';
import type { OfferId, PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { OfferTerms, OfferType } from '../protocol/messages.ts';
import { decimalFromNumber, decimalFromText } from '../wire/decimal.ts';
import { parsePayload, termsToWire } from '../wire/message-codec.ts';

/** Amount and price as text are taken exactly as they stand; numbers are taken as JavaScript prints them. */
export interface OfferDraft {
  readonly type: OfferType;
  /** More than 0. */
  readonly amount: string | number;
  /** Name of what is traded, like `BTC/USD`. */
  readonly pair?: string | undefined;
  readonly unitPrice?: string | number | undefined;
  /** Milliseconds; 10 minutes by default, 30 days at most. */
  readonly validForMs?: number | undefined;
}

export const DEFAULT_VALID_FOR_MS = 10 * 60_000;

/** @throws GrapevineError ERR_INVALID_OFFER */
export function termsOf(draft: OfferDraft, offerId: OfferId, maker: PeerId, now: number): OfferTerms {
  const validForMs = draft.validForMs ?? DEFAULT_VALID_FOR_MS;
  if (!Number.isInteger(validForMs) || validForMs < 1 || validForMs > LIMITS.validityMaxMs) {
    const max = LIMITS.validityMaxMs.toString();
    throw new GrapevineError('ERR_INVALID_OFFER', `validity must be a whole number of 1 to ${max} milliseconds`);
  }
  const terms: OfferTerms = {
    offerId,
    maker,
    type: draft.type,
    amount: decimal(draft.amount),
    pair: draft.pair ?? null,
    unitPrice: draft.unitPrice === undefined ? null : decimal(draft.unitPrice),
    issuedAt: now,
    expiresAt: now + validForMs,
  };
  assertOthersWouldTakeIt(terms);
  return terms;
}

function decimal(value: string | number): ReturnType<typeof decimalFromText> {
  return typeof value === 'number' ? decimalFromNumber(value) : decimalFromText(value);
}

/** The same check that every other desk will make, before anything is promised. */
function assertOthersWouldTakeIt(terms: OfferTerms): void {
  try {
    parsePayload({ cmd: 'offer:new', body: termsToWire(terms) });
  } catch (error) {
    if (!(error instanceof GrapevineError)) throw error;
    throw new GrapevineError('ERR_INVALID_OFFER', error.message, { cause: error });
  }
}
