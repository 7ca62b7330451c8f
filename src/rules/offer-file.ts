/** Reads offers to test rules on, from the JSON of desks and commands. */
import { z } from 'zod';
import { GrapevineError } from '../protocol/errors.ts';
import type { OfferTerms } from '../protocol/messages.ts';
import { detailsFromValue, detailsToWire, type DetailsValue } from '../wire/details.ts';
import { parsePayload } from '../wire/message-codec.ts';
import { parseJson } from '../wire/parse-json.ts';
import type { JudgedOffer } from './judge.ts';

export type OfferToTry = JudgedOffer & Pick<OfferTerms, 'offerId'>;

/** For an offer without `verified`: a maker whose name is a key is always proven. */
const KEY = /^[0-9a-f]{64}$/;

const verifiedSchema = z.looseObject({ verified: z.boolean().optional() });

/**
 * @param text one offer, a list of offers, or one offer per line: the body of `offer:new`, the whole payload, or the output of
 * `grapevine offers --json` (flat, with `maker`); also `{ terms, verified }`
 * @returns at least one
 * @throws GrapevineError ERR_INVALID_OFFER, ERR_BODY_NOT_JSON, or a more specific code
 */
export function offersFromJson(text: string): readonly OfferToTry[] {
  const values = readValues(text);
  if (values.length === 0) throw new GrapevineError('ERR_INVALID_OFFER', 'there is no offer in it');
  return values.map(offerFrom);
}

function readValues(text: string): readonly unknown[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const isOneALine = lines.length > 1 && lines.every((line) => /^\s*\{.*\}\s*$/.test(line));
  if (isOneALine) return lines.map(parseJson);
  const value = parseJson(text);
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

function offerFrom(value: unknown): OfferToTry {
  const terms = readTerms(value);
  const { success, data } = verifiedSchema.safeParse(value);
  return { ...terms, verified: (success ? data.verified : undefined) ?? KEY.test(terms.maker) };
}

function readTerms(value: unknown): OfferTerms {
  try {
    const { message } = parsePayload({ cmd: 'offer:new', body: bodyOf(value) });
    if (message.cmd === 'offer:new') return message.terms;
  } catch (error) {
    if (!(error instanceof GrapevineError)) throw error;
    throw new GrapevineError('ERR_INVALID_OFFER', `no offer: ${error.message}`, { cause: error });
  }
  throw new GrapevineError('ERR_INVALID_OFFER', 'no offer');
}

/** The code says `maker`, the wire says `source`. */
function bodyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('body' in value) return value.body;
  if ('terms' in value && typeof value.terms === 'object' && value.terms !== null) {
    const { details } = value.terms as Partial<OfferTerms>;
    return fromTerms(value.terms, detailsToWire(details));
  }
  if (!('maker' in value)) return value;
  const details =
    'details' in value && value.details !== null ? detailsFromValue(value.details as DetailsValue) : undefined;
  return fromTerms(value, detailsToWire(details));
}

/** Commands show the first attempt as 1; a message leaves it out. */
function fromTerms(terms: object, details: object): Record<string, unknown> {
  const attempt = 'attempt' in terms && terms.attempt !== 1 ? terms.attempt : undefined;
  return { ...terms, source: 'maker' in terms ? terms.maker : undefined, details: undefined, attempt, ...details };
}
