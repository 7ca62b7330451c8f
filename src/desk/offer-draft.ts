/** What an operator wants to offer, and the terms that come of it. */
import { GrapevineError } from '../protocol/errors.ts';
import type { Decimal, OfferId, PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { AwardPolicy, OfferTerms, OfferType } from '../protocol/messages.ts';
import { decimalFromNumber, decimalFromText } from '../wire/decimal.ts';
import { isDeskId } from '../wire/desk-id.ts';
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
  /** The ids of the desks that may have it; everybody by default. It is told to them alone. */
  readonly to?: readonly string[] | undefined;
  /** How one is chosen among those that accept; `first` by default. */
  readonly award?: AwardPolicy | undefined;
  /** With `best`: milliseconds until the best is chosen; less than the validity. */
  readonly windowMs?: number | undefined;
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
    amount: decimalOf(draft.amount),
    pair: draft.pair ?? null,
    unitPrice: draft.unitPrice === undefined ? null : decimalOf(draft.unitPrice),
    issuedAt: now,
    expiresAt: now + validForMs,
    ...(draft.award !== undefined && draft.award !== 'first' && { award: draft.award }),
    ...(draft.windowMs !== undefined && { windowMs: draft.windowMs }),
    ...(draft.to !== undefined && { to: draft.to.map(deskId) }),
  };
  if (draft.windowMs !== undefined && draft.windowMs >= validForMs) {
    throw new GrapevineError('ERR_INVALID_OFFER', 'the window must end before the validity does');
  }
  assertOthersWouldTakeIt(terms);
  return terms;
}

/** What would make the same offer again. */
export function draftOf(terms: OfferTerms, validForMs?: number): OfferDraft {
  const { type, amount, pair, unitPrice, issuedAt, expiresAt, award, windowMs, to } = terms;
  return {
    type,
    amount,
    pair: pair ?? undefined,
    unitPrice: unitPrice ?? undefined,
    validForMs: validForMs ?? (issuedAt === null || expiresAt === null ? undefined : expiresAt - issuedAt),
    award,
    windowMs,
    to,
  };
}

function deskId(id: string): PeerId {
  if (isDeskId(id)) return id as PeerId;
  throw new GrapevineError('ERR_INVALID_OFFER', `"${id.slice(0, 80)}" is no id of a desk: those have 64 hex digits`);
}

/** @throws GrapevineError ERR_INVALID_OFFER */
export function decimalOf(value: string | number): Decimal {
  const decimal = typeof value === 'number' ? decimalFromNumber(value) : decimalFromText(value);
  const decimals = decimal.split('.')[1]?.length ?? 0;
  if (decimals <= LIMITS.decimalMaxFraction) return decimal;
  const max = LIMITS.decimalMaxFraction.toString();
  throw new GrapevineError('ERR_INVALID_OFFER', `"${decimal}" has more than ${max} digits after the point`);
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
