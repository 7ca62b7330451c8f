/** The input for a new offer, and the terms made from it. */
import { GrapevineError } from '../protocol/errors.ts';
import type { Decimal, OfferId, PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { MakerState } from '../protocol/maker-state.ts';
import type { AwardPolicy, OfferTerms, OfferType } from '../protocol/messages.ts';
import type { RenewalPolicy, OfferPlan } from '../protocol/records.ts';
import { decimalFromNumber, decimalFromText } from '../wire/decimal.ts';
import { isDeskId } from '../wire/desk-id.ts';
import { detailsFromValue, detailsValue, type DetailsValue } from '../wire/details.ts';
import { parsePayload } from '../wire/message-codec.ts';
import { termsToWire } from '../wire/terms-codec.ts';

/** An offer to be made. An amount or price as text is exact; a number has the value that JavaScript prints. */
export interface OfferDraft {
  readonly type: OfferType;
  /** More than 0. For a job, 1 by default; otherwise required. */
  readonly amount?: string | number | undefined;
  /** The name of what is traded, like `BTC/USD`. */
  readonly pair?: string | undefined;
  readonly unitPrice?: string | number | undefined;
  /** Milliseconds; 10 minutes by default, 30 days at most. */
  readonly validForMs?: number | undefined;
  /** The ids of the desks that may accept it; all by default. The offer is sent to these desks only. */
  readonly to?: readonly string[] | undefined;
  /** How the taker is chosen; `first` by default. */
  readonly award?: AwardPolicy | undefined;
  /** With `best`: milliseconds until the choice; less than the validity. */
  readonly windowMs?: number | undefined;
  /**
   * Describes the offer for the taker: a text or another JSON value, up to 4 KB. The protocol does not interpret it.
   * Everybody who receives the offer can read it.
   */
  readonly details?: DetailsValue | undefined;
  /**
   * The program's own name for the offer: 1 to 64 letters, digits and `. _ : / @ + = -`. Only one offer is made for a
   * reference: a second call returns the first offer.
   */
  readonly reference?: string | undefined;
  /** Milliseconds after the award within which the winner should report. */
  readonly doneWithinMs?: number | undefined;
  /**
   * `renew`: make the offer again, with the same reference, when its deal fails or the winner does not report within
   * `doneWithinMs`. Needs a reference.
   */
  readonly ifFailed?: 'renew' | undefined;
  /** With `ifFailed`: how many times the offer is made in all; 3 by default. */
  readonly attempts?: number | undefined;
  /** With `ifFailed`: exclude desks that failed from later attempts; false by default. */
  readonly excludeFailed?: boolean | undefined;
}

const DEFAULT_ATTEMPTS = 3;

const DEFAULT_VALID_FOR_MS = 10 * 60_000;

/** @throws GrapevineError ERR_INVALID_OFFER, ERR_DETAILS, ERR_REFERENCE */
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
    amount: amountOf(draft),
    pair: draft.pair ?? null,
    unitPrice: draft.unitPrice === undefined ? null : decimalOf(draft.unitPrice),
    issuedAt: now,
    expiresAt: now + validForMs,
    ...(draft.award !== undefined && draft.award !== 'first' && { award: draft.award }),
    ...(draft.windowMs !== undefined && { windowMs: draft.windowMs }),
    ...(draft.to !== undefined && { to: draft.to.map(deskId) }),
    ...(draft.details !== undefined && { details: detailsFromValue(draft.details) }),
    ...(draft.reference !== undefined && { reference: draft.reference }),
    ...(draft.doneWithinMs !== undefined && { doneWithinMs: draft.doneWithinMs }),
  };
  if (draft.windowMs !== undefined && draft.windowMs >= validForMs) {
    throw new GrapevineError('ERR_INVALID_OFFER', 'windowMs must be less than the validity');
  }
  assertValidForPeers(terms);
  return terms;
}

/** The draft of an offer that repeats this one. */
export function draftOf(terms: OfferTerms, validForMs?: number): OfferDraft {
  const { type, amount, pair, unitPrice, issuedAt, expiresAt, award, windowMs, to } = terms;
  const { details, reference, doneWithinMs } = terms;
  return {
    type,
    amount,
    pair: pair ?? undefined,
    unitPrice: unitPrice ?? undefined,
    validForMs: validForMs ?? (issuedAt === null || expiresAt === null ? undefined : expiresAt - issuedAt),
    award,
    windowMs,
    to,
    details: details && detailsValue(details),
    reference,
    doneWithinMs,
  };
}

/**
 * The part of the draft that is not sent to other desks.
 * @throws GrapevineError ERR_INVALID_OFFER
 */
export function planOf(draft: OfferDraft): OfferPlan | undefined {
  const { ifFailed, attempts, excludeFailed, reference } = draft;
  if (ifFailed === undefined) {
    if (attempts === undefined && excludeFailed === undefined) return undefined;
    throw new GrapevineError('ERR_INVALID_OFFER', 'attempts and excludeFailed need ifFailed: "renew"');
  }
  if (reference === undefined) {
    throw new GrapevineError('ERR_INVALID_OFFER', 'ifFailed: "renew" needs a reference');
  }
  const attemptsMax = attempts ?? DEFAULT_ATTEMPTS;
  if (!Number.isInteger(attemptsMax) || attemptsMax < 2 || attemptsMax > LIMITS.attemptsMax) {
    throw new GrapevineError('ERR_INVALID_OFFER', `attempts must be a whole number of 2 to ${LIMITS.attemptsMax}`);
  }
  return { ifFailed: { attemptsMax, excludes: excludeFailed ?? false } };
}

interface RequestedOffer {
  readonly terms: OfferTerms;
  readonly plan: OfferPlan | undefined;
}

/**
 * Checks that the existing offer with this reference has the requested terms. A renewal may have another validity.
 * @throws GrapevineError ERR_REFERENCE_USED
 */
export function assertSameOffer(known: Pick<MakerState, 'terms' | 'plan'>, requested: RequestedOffer): void {
  const { reference = '', attempt, offerId } = known.terms;
  const withValidity = attempt === undefined;
  const before = JSON.stringify(comparable(known.terms, known.plan.ifFailed, withValidity));
  if (before === JSON.stringify(comparable(requested.terms, requested.plan?.ifFailed, withValidity))) return;
  throw new GrapevineError(
    'ERR_REFERENCE_USED',
    `"${reference}" is the reference of offer ${offerId}, which has other terms; use another reference`,
  );
}

function comparable(terms: OfferTerms, ifFailed: RenewalPolicy | undefined, withValidity: boolean): readonly unknown[] {
  const { type, amount, pair, unitPrice, issuedAt, expiresAt, award, windowMs, to, details, doneWithinMs } = terms;
  const validForMs = withValidity && issuedAt !== null && expiresAt !== null ? expiresAt - issuedAt : null;
  const failing = ifFailed && [ifFailed.attemptsMax, ifFailed.excludes];
  const plain = [type, amount, pair, unitPrice, award, windowMs, to, doneWithinMs, validForMs, failing];
  return [...plain, details?.format, details?.text];
}

function amountOf({ type, amount }: OfferDraft): Decimal {
  if (amount !== undefined) return decimalOf(amount);
  if (type === 'job') return decimalOf(1);
  throw new GrapevineError('ERR_INVALID_OFFER', 'the amount is missing');
}

function deskId(id: string): PeerId {
  if (isDeskId(id)) return id as PeerId;
  throw new GrapevineError(
    'ERR_INVALID_OFFER',
    `"${id.slice(0, 80)}" is not the id of a desk, which has 64 hex digits`,
  );
}

/** @throws GrapevineError ERR_INVALID_OFFER */
export function decimalOf(value: string | number): Decimal {
  const decimal = typeof value === 'number' ? decimalFromNumber(value) : decimalFromText(value);
  const decimals = decimal.split('.')[1]?.length ?? 0;
  if (decimals <= LIMITS.decimalMaxFraction) return decimal;
  const max = LIMITS.decimalMaxFraction.toString();
  throw new GrapevineError('ERR_INVALID_OFFER', `"${decimal}" has more than ${max} digits after the point`);
}

/**
 * Makes the same check as every receiving desk, before the offer is stored or sent.
 * @throws GrapevineError ERR_INVALID_OFFER, ERR_DETAILS, ERR_REFERENCE
 */
function assertValidForPeers(terms: OfferTerms): void {
  try {
    parsePayload({ cmd: 'offer:new', body: termsToWire(terms) });
  } catch (error) {
    if (!(error instanceof GrapevineError) || error.code === 'ERR_DETAILS' || error.code === 'ERR_REFERENCE')
      throw error;
    throw new GrapevineError('ERR_INVALID_OFFER', error.message, { cause: error });
  }
}
