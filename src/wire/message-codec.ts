/**
 * Parses payloads into messages, and encodes messages. Every field of a parsed message is checked; all other fields of
 * the payload are dropped. Source of names and shapes: docs/PROTOCOL.md, "Messages".
 */
import type { z } from 'zod';
import type { Decimal } from '../protocol/ids.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Details, Command, Message, MessageAuth, OfferParties, OfferTerms } from '../protocol/messages.ts';
import { authToWire } from './auth-codec.ts';
import { decimalToWire } from './decimal.ts';
import { detailsToWire, readDetails } from './details.ts';
import {
  CMD_MAX_LENGTH,
  dealReportSchema,
  deskHelloSchema,
  partiesSchema,
  offerAcceptSchema,
  offerApprovedSchema,
  offerDoneSchema,
  offerListSchema,
  offerNewSchema,
  offerReleasedSchema,
  payloadSchema,
  receiptConfirmationSchema,
  type OfferNewBody,
} from './schema.ts';

/** `{cmd, body}` of the original, and `auth` beside them. */
export interface Payload {
  readonly cmd: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly auth?: unknown;
}

export interface Parsed {
  readonly message: Message;
  /** Not checked. */
  readonly auth: unknown;
}

type BodyReader = (body: unknown) => Message;

const READERS: Readonly<Record<Command, BodyReader>> = {
  'offer:new': (body) => ({ cmd: 'offer:new', terms: termsFromWire(check(offerNewSchema, body)) }),
  'offer:accept': (body) => {
    const { unitPrice, ...rest } = check(offerAcceptSchema, body);
    return { cmd: 'offer:accept', ...parties(rest), ...bid(unitPrice) };
  },
  'offer:accept:approved': (body) => {
    const { epoch, until, unitPrice, ...rest } = check(offerApprovedSchema, body);
    return { cmd: 'offer:accept:approved', ...parties(rest), epoch, until, ...bid(unitPrice) };
  },
  'offer:accept:released': (body) => {
    const { epoch, ...rest } = check(offerReleasedSchema, body);
    return { cmd: 'offer:accept:released', ...parties(rest), epoch };
  },
  'offer:accept:withdrawn': (body) => ({ cmd: 'offer:accept:withdrawn', ...parties(check(partiesSchema, body)) }),
  'offer:done': (body) => {
    const { source, unitPrice, ...rest } = check(offerDoneSchema, body);
    return { cmd: 'offer:done', maker: source, ...rest, ...bid(unitPrice) };
  },
  'offer:status': (body) => ({ cmd: 'offer:status', ...parties(check(partiesSchema, body)) }),
  'deal:report': (body) => {
    const { by, result, at, details, detailsFormat, ...rest } = check(dealReportSchema, body);
    return { cmd: 'deal:report', ...parties(rest), by, result, at, ...detailsFrom(details, detailsFormat) };
  },
  'offer:list': (body) => {
    const { source, destination, after, limit, afterMaker, digest } = check(offerListSchema, body);
    const book = digest === null ? {} : { book: { afterMaker, digest } };
    return { cmd: 'offer:list', maker: source, taker: destination, after, limit, ...book };
  },
  'desk:hello': (body) => {
    const { source, destination, at, since, offers, link } = check(deskHelloSchema, body);
    const more = { ...(offers !== null && { offers }), ...(link !== null && { link }) };
    return { cmd: 'desk:hello', desk: source, to: destination, at, since, ...more };
  },
};

/** @throws GrapevineError ERR_INVALID_MESSAGE, ERR_UNKNOWN_COMMAND */
export function parsePayload(payload: unknown): Parsed {
  const { cmd, body, auth } = isPayload(payload) ? payload : check(payloadSchema, payload);
  if (!Object.hasOwn(READERS, cmd))
    throw new GrapevineError('ERR_UNKNOWN_COMMAND', `unknown command "${shorten(cmd)}"`);
  return { message: READERS[cmd as Command](body), auth };
}

/** Accepts the same values as `payloadSchema`, without a copy. The schema only explains an error. */
function isPayload(value: unknown): value is { readonly cmd: string; readonly body: object; readonly auth?: unknown } {
  if (typeof value !== 'object' || value === null || !('cmd' in value) || !('body' in value)) return false;
  const { cmd, body } = value;
  if (typeof cmd !== 'string' || cmd.length > CMD_MAX_LENGTH) return false;
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}

/**
 * Parses the confirmation in a receipt.
 * @throws GrapevineError ERR_INVALID_MESSAGE
 */
export function parseReceiptConfirmation(value: unknown): z.output<typeof receiptConfirmationSchema> {
  return check(receiptConfirmationSchema, value);
}

export function encodeMessage(message: Message, auth?: MessageAuth): Payload {
  const payload = { cmd: message.cmd, body: bodyOf(message) };
  return auth === undefined ? payload : { ...payload, auth: authToWire(auth) };
}

function bodyOf(message: Message): Record<string, unknown> {
  switch (message.cmd) {
    case 'offer:new':
      return termsToWire(message.terms);
    case 'offer:accept':
      return { ...wireParties(message), ...wireBid(message) };
    case 'offer:accept:withdrawn':
    case 'offer:status':
      return wireParties(message);
    case 'offer:accept:approved': {
      const { epoch, until } = message;
      return { ...wireParties(message), ...present({ epoch, until }), ...wireBid(message) };
    }
    case 'offer:accept:released':
      return { ...wireParties(message), epoch: message.epoch };
    case 'offer:done': {
      const { offerId, maker, outcome, winner, epoch } = message;
      return { offerId, ...present({ source: maker, outcome, winner, epoch }), ...wireBid(message) };
    }
    case 'deal:report': {
      const { by, result, at, details } = message;
      return { ...wireParties(message), by, result, at, ...detailsToWire(details) };
    }
    case 'offer:list': {
      const { maker, taker, after, limit, book } = message;
      return { source: maker, destination: taker, limit, ...present({ after }), ...present({ ...book }) };
    }
    case 'desk:hello': {
      const { desk, to, at, since, offers, link } = message;
      return { source: desk, at, since, ...present({ destination: to, offers, link }) };
    }
  }
}

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

export function termsFromWire(body: OfferNewBody): OfferTerms {
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
    ...detailsFrom(details, detailsFormat),
    ...(reference !== null && { reference }),
    ...(attempt !== null && { attempt }),
    ...(doneWithinMs !== null && { doneWithinMs }),
  };
}

function detailsFrom(text: unknown, format: unknown): { readonly details?: Details } {
  const details = readDetails(text, format);
  return details === null ? {} : { details };
}

function bid(unitPrice: Decimal | null): { readonly unitPrice?: Decimal } {
  return unitPrice === null ? {} : { unitPrice };
}

function wireBid({ unitPrice }: { readonly unitPrice?: Decimal }): Record<string, unknown> {
  return unitPrice === undefined ? {} : { unitPrice: decimalToWire(unitPrice) };
}

function parties({ offerId, source, destination }: z.output<typeof partiesSchema>): OfferParties {
  return { offerId, maker: source, taker: destination };
}

function wireParties({ offerId, maker, taker }: OfferParties): Record<string, unknown> {
  return { offerId, source: maker, destination: taker };
}

/** Omits fields that are null or undefined, as clients of the original do. */
function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const name in fields) {
    const value = fields[name];
    if (value !== null && value !== undefined) given[name] = value;
  }
  return given;
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const isReference = result.error.issues[0]?.path[0] === 'reference';
  throw new GrapevineError(isReference ? 'ERR_REFERENCE' : 'ERR_INVALID_MESSAGE', describe(result.error));
}

/** Only the first error, and never the whole payload. */
function describe(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'invalid';
  const where = issue.path.length === 0 ? 'message' : issue.path.map(String).join('.');
  return shorten(`${where}: ${issue.message}`);
}

function shorten(text: string): string {
  const max = LIMITS.errorTextMaxLength;
  return text.length > max ? `${text.slice(0, max)}…` : text;
}
