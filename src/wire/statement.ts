/**
 * The text that is signed. It consists of lines that are made from the parsed and checked message, not from the
 * received bytes, so that no canonical JSON is needed. No value can contain a line feed, and each command has fixed
 * line names, so that equal statements have equal meaning. Source: docs/PROTOCOL.md, "Signatures and MACs".
 */
import type { PeerId } from '../protocol/ids.ts';
import type { Answer, Confirmation, Message } from '../protocol/messages.ts';
import { formatOf } from './commands.ts';
import { line } from './statement-lines.ts';
import { termsLines } from './terms-codec.ts';

/** See docs/PROTOCOL.md, "Versions". */
export const PROTOCOL_VERSION = 2;

/** The recipient of facts: they are for everybody, and any desk may forward them. */
const EVERYBODY = '*';

/** The author of a message; another desk may send it. Null if a client of the original names none. */
export function speakerOf(message: Message): PeerId | null {
  return formatOf(message).speaker(message);
}

/** The only recipient; null if the message is valid for every desk. */
export function recipientOf(message: Message): PeerId | null {
  return formatOf(message).recipient(message);
}

/** Whether the message is signed; otherwise it has a MAC. */
export function isSigned(message: Message): boolean {
  return formatOf(message).isSigned(message);
}

/**
 * @param nonce undefined for facts
 * @param version 1 to verify receipts and proofs of that version
 */
export function messageStatement(message: Message, nonce: string | undefined, version = PROTOCOL_VERSION): string {
  const recipient = recipientOf(message) ?? EVERYBODY;
  return head(version, 'message', message, speakerOf(message), recipient, nonce) + formatOf(message).lines(message);
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
  return (
    head(version, 'answer', request, by, to ?? EVERYBODY, nonce) +
    formatOf(request).lines(request) +
    answerLines(answer)
  );
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
