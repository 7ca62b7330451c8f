/**
 * The commands on the wire, with one entry for each: its fields, its author and recipient, and what is signed. Answers
 * are in answer-codec.ts and statement.ts. Source: docs/PROTOCOL.md, "Messages" and "Signatures and MACs".
 */
import { z } from 'zod';
import type { PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Command, Message, OfferParties } from '../protocol/messages.ts';
import { detailsDigest, detailsToWire } from './details.ts';
import {
  bidFromWire,
  bidToWire,
  check,
  decimalSchema,
  detailsFields,
  detailsFromWire,
  digestSchema,
  epochSchema,
  offerIdSchema,
  optional,
  peerIdSchema,
  present,
  timeSchema,
} from './fields.ts';
import { line, optionalLine } from './statement-lines.ts';
import { termsFromWire, termsLines, termsSchema, termsToWire } from './terms-codec.ts';

interface CommandFormat<M extends Message> {
  /**
   * Checks every field of a body, and drops unknown ones.
   * @throws GrapevineError ERR_INVALID_MESSAGE, ERR_DETAILS, ERR_REFERENCE
   */
  readonly parse: (body: unknown) => M;
  /** The body. */
  readonly encode: (message: M) => Record<string, unknown>;
  /** The author; another desk may send the message. Null if a client of the original demo names none. */
  readonly speaker: (message: M) => PeerId | null;
  /** The recipient in the signed text. Null: any desk, so that the message can be passed on, also if it is sent to few. */
  readonly recipient: (message: M) => PeerId | null;
  /**
   * Whether it is signed, because a third party may have to verify it. It then has no nonce, so that the same message
   * always has the same signature. All other messages have a MAC.
   */
  readonly isSigned: (message: M) => boolean;
  /** The lines of the body in the signed text (the *statement*). statement.ts writes those before them. */
  readonly lines: (message: M) => string;
}

const partiesSchema = z.object({ offerId: offerIdSchema, source: peerIdSchema, destination: peerIdSchema });

const acceptSchema = partiesSchema.extend({ unitPrice: optional(decimalSchema) });

const approvedSchema = partiesSchema.extend({
  epoch: optional(epochSchema),
  until: optional(timeSchema),
  unitPrice: optional(decimalSchema),
});

const releasedSchema = partiesSchema.extend({ epoch: epochSchema });

const doneSchema = z
  .object({
    offerId: offerIdSchema,
    source: optional(peerIdSchema),
    outcome: optional(z.enum(['awarded', 'cancelled', 'expired'])),
    winner: optional(peerIdSchema),
    epoch: optional(epochSchema),
    unitPrice: optional(decimalSchema),
  })
  .refine(({ outcome, winner }) => outcome !== 'awarded' || winner !== null, {
    path: ['winner'],
    message: 'is missing',
  });

const reportSchema = partiesSchema.extend({
  by: z.enum(['maker', 'taker']),
  result: z.enum(['done', 'failed']),
  at: timeSchema,
  ...detailsFields,
});

const listSchema = z.object({
  source: peerIdSchema,
  destination: peerIdSchema,
  after: optional(offerIdSchema),
  limit: optional(z.int().min(1).max(LIMITS.listPageMax)),
  afterMaker: optional(peerIdSchema),
  digest: optional(digestSchema),
});

const helloSchema = z
  .object({
    source: peerIdSchema,
    destination: optional(peerIdSchema),
    at: timeSchema,
    since: timeSchema,
    offers: optional(z.int().min(0).max(LIMITS.ownOffersMax)),
    link: optional(z.literal(true)),
  })
  .refine(({ at, since }) => since <= at, { path: ['since'], message: 'is after at' });

const ALWAYS = (): boolean => true;
const NEVER = (): boolean => false;

const makerToTaker = {
  speaker: ({ maker }: OfferParties) => maker,
  recipient: ({ taker }: OfferParties) => taker,
  isSigned: NEVER,
};

const takerToMaker = {
  speaker: ({ taker }: OfferParties) => taker,
  recipient: ({ maker }: OfferParties) => maker,
  isSigned: NEVER,
};

const forAnyDesk = { recipient: () => null, isSigned: ALWAYS };

const FORMATS: { readonly [C in Command]: CommandFormat<Extract<Message, { cmd: C }>> } = {
  'offer:new': {
    parse: (body) => ({ cmd: 'offer:new', terms: termsFromWire(check(termsSchema, body)) }),
    encode: ({ terms }) => termsToWire(terms),
    speaker: ({ terms }) => terms.maker,
    ...forAnyDesk,
    lines: ({ terms }) => termsLines(terms),
  },
  'offer:accept': {
    parse: (body) => {
      const { unitPrice, ...rest } = check(acceptSchema, body);
      return { cmd: 'offer:accept', ...partiesFromWire(rest), ...bidFromWire(unitPrice) };
    },
    encode: (message) => ({ ...partiesToWire(message), ...bidToWire(message) }),
    ...takerToMaker,
    lines: (message) => partiesLines(message) + line('unitPrice', message.unitPrice),
  },
  'offer:accept:approved': {
    parse: (body) => {
      const { epoch, until, unitPrice, ...rest } = check(approvedSchema, body);
      return { cmd: 'offer:accept:approved', ...partiesFromWire(rest), epoch, until, ...bidFromWire(unitPrice) };
    },
    encode: (message) => {
      const { epoch, until } = message;
      return { ...partiesToWire(message), ...present({ epoch, until }), ...bidToWire(message) };
    },
    ...makerToTaker,
    lines: (message) => {
      const { epoch, until, unitPrice } = message;
      return partiesLines(message) + line('epoch', epoch) + line('until', until) + line('unitPrice', unitPrice);
    },
  },
  'offer:accept:released': {
    parse: (body) => {
      const { epoch, ...rest } = check(releasedSchema, body);
      return { cmd: 'offer:accept:released', ...partiesFromWire(rest), epoch };
    },
    encode: (message) => ({ ...partiesToWire(message), epoch: message.epoch }),
    ...makerToTaker,
    lines: (message) => partiesLines(message) + line('epoch', message.epoch),
  },
  'offer:accept:withdrawn': {
    parse: (body) => ({ cmd: 'offer:accept:withdrawn', ...partiesFromWire(check(partiesSchema, body)) }),
    encode: partiesToWire,
    ...takerToMaker,
    lines: partiesLines,
  },
  'offer:done': {
    parse: (body) => {
      const { source, unitPrice, ...rest } = check(doneSchema, body);
      return { cmd: 'offer:done', maker: source, ...rest, ...bidFromWire(unitPrice) };
    },
    encode: (message) => {
      const { offerId, maker, outcome, winner, epoch } = message;
      return { offerId, ...present({ source: maker, outcome, winner, epoch }), ...bidToWire(message) };
    },
    speaker: ({ maker }) => maker,
    ...forAnyDesk,
    lines: ({ offerId, maker, outcome, winner, epoch, unitPrice }) => {
      const decision = line('outcome', outcome) + line('winner', winner) + line('epoch', epoch);
      return line('offerId', offerId) + line('source', maker) + decision + line('unitPrice', unitPrice);
    },
  },
  'offer:status': {
    parse: (body) => ({ cmd: 'offer:status', ...partiesFromWire(check(partiesSchema, body)) }),
    encode: partiesToWire,
    ...takerToMaker,
    lines: partiesLines,
  },
  'deal:report': {
    parse: (body) => {
      const { by, result, at, details, detailsFormat, ...rest } = check(reportSchema, body);
      const report = { by, result, at, ...detailsFromWire(details, detailsFormat) };
      return { cmd: 'deal:report', ...partiesFromWire(rest), ...report };
    },
    encode: (message) => {
      const { by, result, at, details } = message;
      return { ...partiesToWire(message), by, result, at, ...detailsToWire(details) };
    },
    speaker: ({ by, maker, taker }) => (by === 'maker' ? maker : taker),
    recipient: ({ by, maker, taker }) => (by === 'maker' ? taker : maker),
    isSigned: ALWAYS,
    lines: (message) => {
      const { by, result, at, details } = message;
      const report = line('by', by) + line('result', result) + line('at', at);
      return partiesLines(message) + report + line('details', details && detailsDigest(details));
    },
  },
  'offer:list': {
    parse: (body) => {
      const { source, destination, after, limit, afterMaker, digest } = check(listSchema, body);
      const page = { after, limit: limit ?? LIMITS.listPageMax };
      // Without a digest, `afterMaker` has no meaning.
      const book = digest === null ? {} : { book: { afterMaker, digest } };
      return { cmd: 'offer:list', asked: source, asking: destination, ...page, ...book };
    },
    encode: ({ asked, asking, after, limit, book }) => ({
      source: asked,
      destination: asking,
      limit,
      ...present({ after, ...book }),
    }),
    speaker: ({ asking }) => asking,
    recipient: ({ asked }) => asked,
    isSigned: NEVER,
    lines: ({ asked, asking, after, limit, book }) => {
      const page = line('source', asked) + line('destination', asking) + line('after', after) + line('limit', limit);
      return book === undefined ? page : page + line('afterMaker', book.afterMaker) + line('digest', book.digest);
    },
  },
  'desk:hello': {
    parse: (body) => {
      const { source, destination, at, since, offers, link } = check(helloSchema, body);
      const more = { ...(offers !== null && { offers }), ...(link !== null && { link }) };
      return { cmd: 'desk:hello', desk: source, to: destination, at, since, ...more };
    },
    encode: ({ desk, to, at, since, offers, link }) => ({
      source: desk,
      at,
      since,
      ...present({ destination: to, offers, link }),
    }),
    speaker: ({ desk }) => desk,
    recipient: ({ to }) => to,
    isSigned: ({ to }) => to === null,
    lines: ({ desk, to, at, since, offers, link }) => {
      const hello = line('source', desk) + line('destination', to) + line('at', at) + line('since', since);
      // A hello without these fields must have the statement that older desks expect.
      return hello + optionalLine('offers', offers) + optionalLine('link', link === true ? 1 : undefined);
    },
  },
};

export function formatOf<M extends Message>(message: M): CommandFormat<M> {
  // TypeScript can't see that the entry belongs to the message's own type.
  return FORMATS[message.cmd] as unknown as CommandFormat<M>;
}

/** Undefined for an unknown command. */
export function parserOf(cmd: string): ((body: unknown) => Message) | undefined {
  return Object.hasOwn(FORMATS, cmd) ? FORMATS[cmd as Command].parse : undefined;
}

function partiesFromWire({ offerId, source, destination }: z.output<typeof partiesSchema>): OfferParties {
  return { offerId, maker: source, taker: destination };
}

function partiesToWire({ offerId, maker, taker }: OfferParties): Record<string, unknown> {
  return { offerId, source: maker, destination: taker };
}

function partiesLines({ offerId, maker, taker }: OfferParties): string {
  return line('offerId', offerId) + line('source', maker) + line('destination', taker);
}
