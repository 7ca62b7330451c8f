/**
 * The text that is signed. It consists of lines that are made from the parsed and checked message, not from the
 * received bytes, so that no canonical JSON is needed. No value can contain a line feed, and each command has fixed
 * line names, so that equal statements have equal meaning. Source: docs/PROTOCOL.md, "Signatures and MACs".
 */
import type { PeerId } from '../protocol/ids.ts';
import type { Answer, Confirmation, Message, OfferParties, OfferTerms } from '../protocol/messages.ts';
import { detailsDigest } from './details.ts';

/** See docs/PROTOCOL.md, "Versions". */
export const PROTOCOL_VERSION = 2;

/** The recipient of facts: they are for everybody, and any desk may forward them. */
const EVERYBODY = '*';

/** The author of a message, who may differ from its sender. Null if a client of the original names none. */
export function speakerOf(message: Message): PeerId | null {
  switch (message.cmd) {
    case 'offer:new':
      return message.terms.maker;
    case 'offer:accept:approved':
    case 'offer:accept:released':
    case 'offer:done':
      return message.maker;
    case 'deal:report':
      return message.by === 'maker' ? message.maker : message.taker;
    case 'offer:accept':
    case 'offer:accept:withdrawn':
    case 'offer:status':
    case 'offer:list':
      return message.taker;
    case 'desk:hello':
      return message.desk;
  }
}

/** The only recipient; null for a message to everybody. */
export function recipientOf(message: Message): PeerId | null {
  switch (message.cmd) {
    case 'offer:new':
    case 'offer:done':
      return null;
    case 'offer:accept:approved':
    case 'offer:accept:released':
      return message.taker;
    case 'offer:accept':
    case 'offer:accept:withdrawn':
    case 'offer:status':
    case 'offer:list':
      return message.maker;
    case 'deal:report':
      return message.by === 'maker' ? message.taker : message.maker;
    case 'desk:hello':
      return message.to;
  }
}

/**
 * Whether the message is signed, because a third party may have to verify it. It has no nonce, so that the same message
 * always has the same signature. All other messages have a MAC.
 */
export function isSigned(message: Message): boolean {
  return recipientOf(message) === null || message.cmd === 'deal:report';
}

/**
 * @param nonce undefined for facts
 * @param version 1 to verify receipts and proofs of that version
 */
export function messageStatement(message: Message, nonce: string | undefined, version = PROTOCOL_VERSION): string {
  const recipient = recipientOf(message) ?? EVERYBODY;
  return head(version, 'message', message, speakerOf(message), recipient, nonce) + linesOf(message);
}

/** Without a nonce, so that repeating a confirmation gives the same signature. */
export function confirmationStatement({ terms, taker, epoch, unitPrice }: Confirmation): string {
  return (
    line(`grapevine/${PROTOCOL_VERSION}`, 'confirmation') +
    line('speaker', taker) +
    termsLines(terms) +
    line('epoch', epoch) +
    line('bid', unitPrice)
  );
}

/**
 * An answer contains its request and the nonce, so that it can't be replayed to another desk or for another request.
 * @param by the desk that answers
 * @param to the desk that asked
 */
export function answerStatement(
  request: Message,
  nonce: string | undefined,
  { by, to, answer }: { readonly by: PeerId; readonly to: PeerId | null; readonly answer: Answer },
  version = PROTOCOL_VERSION,
): string {
  return head(version, 'answer', request, by, to ?? EVERYBODY, nonce) + linesOf(request) + answerLines(answer);
}

function head(
  version: number,
  kind: 'message' | 'answer',
  { cmd }: Message,
  speaker: PeerId | null,
  recipient: string,
  nonce: string | undefined,
): string {
  return (
    line(`grapevine/${version}`, kind) +
    line('cmd', cmd) +
    line('speaker', speaker) +
    line('recipient', recipient) +
    line('nonce', nonce)
  );
}

function linesOf(message: Message): string {
  switch (message.cmd) {
    case 'offer:new':
      return termsLines(message.terms);
    case 'offer:accept':
      return partiesLines(message) + line('unitPrice', message.unitPrice);
    case 'offer:accept:approved': {
      const { epoch, until, unitPrice } = message;
      return partiesLines(message) + line('epoch', epoch) + line('until', until) + line('unitPrice', unitPrice);
    }
    case 'offer:accept:released':
      return partiesLines(message) + line('epoch', message.epoch);
    case 'offer:done': {
      const { offerId, maker, outcome, winner, epoch, unitPrice } = message;
      const decision = line('outcome', outcome) + line('winner', winner) + line('epoch', epoch);
      return line('offerId', offerId) + line('source', maker) + decision + line('unitPrice', unitPrice);
    }
    case 'offer:accept:withdrawn':
    case 'offer:status':
      return partiesLines(message);
    case 'deal:report': {
      const { by, result, at, details } = message;
      const report = line('by', by) + line('result', result) + line('at', at);
      return partiesLines(message) + report + line('details', details && detailsDigest(details));
    }
    case 'offer:list': {
      const { maker, taker, after, limit, book } = message;
      const page = line('source', maker) + line('destination', taker) + line('after', after) + line('limit', limit);
      return book === undefined ? page : page + line('afterMaker', book.afterMaker) + line('digest', book.digest);
    }
    case 'desk:hello': {
      const { desk, to, at, since, offers, link } = message;
      const hello = line('source', desk) + line('destination', to) + line('at', at) + line('since', since);
      // Optional lines, because older desks send hellos without them.
      return hello + optionalLine('offers', offers) + optionalLine('link', link && 1);
    }
  }
}

function partiesLines({ offerId, maker, taker }: OfferParties): string {
  return line('offerId', offerId) + line('source', maker) + line('destination', taker);
}

function termsLines(terms: OfferTerms): string {
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

function answerLines(answer: Answer): string {
  const kind = line('answer', answer.kind);
  switch (answer.kind) {
    case 'queued':
      return kind + line('position', answer.position);
    case 'confirmed':
      return kind + line('epoch', answer.epoch);
    case 'acknowledged':
      return kind;
    case 'status':
      return kind + line('phase', answer.phase) + line('standing', answer.standing) + line('epoch', answer.epoch);
    case 'list': {
      // Each offer has its own signature; this line proves that the list is complete.
      const offers = answer.offers.map(({ terms }) => terms.offerId).join(',');
      return kind + line('offers', offers) + line('next', answer.next) + bookLines(answer);
    }
    case 'refused':
      // Not the text after the code: it is for people, and receivers shorten it.
      return kind + line('code', answer.code);
  }
}

/** Only in answers to queries for the whole book. */
function bookLines({ nextMaker, digest }: Extract<Answer, { kind: 'list' }>): string {
  return digest === undefined ? '' : line('nextMaker', nextMaker) + line('digest', digest);
}

function line(name: string, value: string | number | null | undefined): string {
  return `${name}=${value ?? ''}\n`;
}

/** A line that was added later. It is omitted without a value, so that earlier statements do not change. */
function optionalLine(name: string, value: string | number | undefined): string {
  return value === undefined ? '' : line(name, value);
}
