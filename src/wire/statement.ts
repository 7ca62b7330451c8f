/**
 * What is signed: a text of lines, made from what was parsed and checked and not from the bytes that came, so that there is
 * no canonical JSON to get wrong. No value can contain a line feed, and the names of the lines are fixed for each command,
 * so that two statements are equal only if they say the same. Source: docs/PROTOCOL.md, "Signatures and MACs".
 */
import type { PeerId } from '../protocol/ids.ts';
import type { Answer, Confirmation, Message, OfferTerms } from '../protocol/messages.ts';
import { detailsDigest } from './details.ts';

/** Of what is said between desks; see docs/PROTOCOL.md, "Versions". */
export const PROTOCOL_VERSION = 2;

type Line = readonly [name: string, value: string | number | null | undefined];

/** Facts are told to everybody, and may be repeated by anybody. */
const EVERYBODY = '*';

/** Who says it: the maker in its own commands, the taker in its. Null where a client of the original gives no name. */
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

/** To whom alone it is said; null for what is said to everybody. */
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
 * A third party may have to judge it: it is signed, without a nonce, and the same one always has the same signature. All other
 * messages have a MAC.
 */
export function isSigned(message: Message): boolean {
  return recipientOf(message) === null || message.cmd === 'deal:report';
}

/**
 * @param nonce none for facts
 * @param version of the protocol; receipts and proofs of version 1 can still be verified
 */
export function messageStatement(message: Message, nonce: string | undefined, version = PROTOCOL_VERSION): string {
  return text([
    ...head(version, 'message', message, speakerOf(message), recipientOf(message) ?? EVERYBODY, nonce),
    ...linesOf(message),
  ]);
}

/** It has no nonce: the same confirmation is the same fact, however often it is said. */
export function confirmationStatement({ terms, taker, epoch, unitPrice }: Confirmation): string {
  return text([
    [`grapevine/${PROTOCOL_VERSION}`, 'confirmation'],
    ['speaker', taker],
    ...termsLines(terms),
    ['epoch', epoch],
    ['bid', unitPrice],
  ]);
}

/**
 * An answer repeats what it answers, with its nonce: so that it can't be shown to somebody else, or for another question.
 * @param by who answers
 * @param to who asked
 */
export function answerStatement(
  request: Message,
  nonce: string | undefined,
  { by, to, answer }: { readonly by: PeerId; readonly to: PeerId | null; readonly answer: Answer },
  version = PROTOCOL_VERSION,
): string {
  return text([
    ...head(version, 'answer', request, by, to ?? EVERYBODY, nonce),
    ...linesOf(request),
    ...answerLines(answer),
  ]);
}

function head(
  version: number,
  kind: 'message' | 'answer',
  { cmd }: Message,
  speaker: PeerId | null,
  recipient: string,
  nonce: string | undefined,
): readonly Line[] {
  return [
    [`grapevine/${version}`, kind],
    ['cmd', cmd],
    ['speaker', speaker],
    ['recipient', recipient],
    ['nonce', nonce],
  ];
}

function linesOf(message: Message): readonly Line[] {
  switch (message.cmd) {
    case 'offer:new':
      return termsLines(message.terms);
    case 'offer:accept':
      return [...names(message), ['unitPrice', message.unitPrice]];
    case 'offer:accept:approved': {
      const { epoch, until, unitPrice } = message;
      return [...names(message), ['epoch', epoch], ['until', until], ['unitPrice', unitPrice]];
    }
    case 'offer:accept:released':
      return [...names(message), ['epoch', message.epoch]];
    case 'offer:done': {
      const { offerId, maker, outcome, winner, epoch, unitPrice } = message;
      const decision: Line[] = [
        ['outcome', outcome],
        ['winner', winner],
        ['epoch', epoch],
        ['unitPrice', unitPrice],
      ];
      return [['offerId', offerId], ['source', maker], ...decision];
    }
    case 'offer:accept:withdrawn':
    case 'offer:status':
      return names(message);
    case 'deal:report': {
      const { by, result, at, details } = message;
      return [
        ...names(message),
        ['by', by],
        ['result', result],
        ['at', at],
        ['details', details && detailsDigest(details)],
      ];
    }
    case 'offer:list': {
      const { maker, taker, after, limit, book } = message;
      const whole: readonly Line[] =
        book === undefined
          ? []
          : [
              ['afterMaker', book.afterMaker],
              ['digest', book.digest],
            ];
      return [['source', maker], ['destination', taker], ['after', after], ['limit', limit], ...whole];
    }
    case 'desk:hello': {
      const { desk, to, at, since, offers, link } = message;
      return [
        ['source', desk],
        ['destination', to],
        ['at', at],
        ['since', since],
        // Lines of their own only where they say something: desks without them are understood.
        ...(offers === undefined ? [] : ([['offers', offers]] as const)),
        ...(link === undefined ? [] : ([['link', 1]] as const)),
      ];
    }
  }
}

function names({ offerId, maker, taker }: { offerId: string; maker: string; taker: string }): readonly Line[] {
  return [
    ['offerId', offerId],
    ['source', maker],
    ['destination', taker],
  ];
}

/** Lines that came later: absent where there is nothing to say, so that statements from before them stay as they were. */
function givenLines(lines: readonly Line[]): readonly Line[] {
  return lines.filter(([, value]) => value !== undefined);
}

function termsLines(terms: OfferTerms): readonly Line[] {
  const { offerId, maker, type, amount, unitPrice, pair, issuedAt, expiresAt, award, windowMs, to } = terms;
  const { details, reference, attempt, doneWithinMs } = terms;
  return [
    ['offerId', offerId],
    ['source', maker],
    ['type', type],
    ['amount', amount],
    ['unitPrice', unitPrice],
    ['pair', pair],
    ['issuedAt', issuedAt],
    ['expiresAt', expiresAt],
    ['award', award],
    ['windowMs', windowMs],
    ['to', to?.join(',')],
    ...givenLines([
      ['details', details && detailsDigest(details)],
      ['reference', reference],
      ['attempt', attempt],
      ['doneWithinMs', doneWithinMs],
    ]),
  ];
}

function answerLines(answer: Answer): readonly Line[] {
  const kind: Line = ['answer', answer.kind];
  switch (answer.kind) {
    case 'queued':
      return [kind, ['position', answer.position]];
    case 'confirmed':
      return [kind, ['epoch', answer.epoch]];
    case 'acknowledged':
      return [kind];
    case 'status':
      return [kind, ['phase', answer.phase], ['standing', answer.standing], ['epoch', answer.epoch]];
    case 'list':
      // The offers are signed each by itself; this says that these are all of them.
      return [
        kind,
        ['offers', answer.offers.map(({ terms }) => terms.offerId).join(',')],
        ['next', answer.next],
        ...bookLines(answer),
      ];
    case 'refused':
      // The text behind the code is for people, and is cut on its way.
      return [kind, ['code', answer.code]];
  }
}

/** Only in answers to questions for the whole book. */
function bookLines({ nextMaker, digest }: Extract<Answer, { kind: 'list' }>): readonly Line[] {
  if (digest === undefined) return [];
  return [
    ['nextMaker', nextMaker],
    ['digest', digest],
  ];
}

function text(lines: readonly Line[]): string {
  return lines.map(([name, value]) => `${name}=${value ?? ''}\n`).join('');
}
