/**
 * Verifies receipts of protocol version 1, where acceptance and approval were also signed, and the confirmation was the signed answer
 * to the approval. No longer made, but existing ones stay valid.
 */
import { bidOf } from '../protocol/acceptance.ts';
import type { Confirmation, Message, OfferAccept, OfferApproved, OfferTerms, Signature } from '../protocol/messages.ts';
import { decodeResult } from '../wire/answer-codec.ts';
import { readFormerAuth } from '../wire/auth-codec.ts';
import { answerStatement, messageStatement, speakerOf } from '../wire/statement.ts';
import {
  assertAllowed,
  fieldsOf,
  parseMessage,
  invalid,
  type Fields,
  type ProvenDeal,
  type Verify,
} from './proof-parts.ts';

export const FORMER_RECEIPT_FORMAT = 'receipt/1';
const VERSION = 1;

export function verifyFormerReceipt(fields: Fields, verify: Verify): ProvenDeal {
  const offer = signedMessage(fields['offer'], 'offer:new', 'the offer', verify).message;
  const acceptance = signedMessage(fields['acceptance'], 'offer:accept', 'the acceptance', verify).message;
  const approval = signedMessage(fields['approval'], 'offer:accept:approved', 'the approval', verify);
  const { terms } = offer;
  assertSame(terms, acceptance, 'the acceptance');
  assertSame(terms, approval.message, 'the approval');
  assertAgreed(terms, acceptance, approval.message);
  const epoch = verifyConfirmation(fields['confirmation'], approval, verify);
  const { taker, unitPrice } = acceptance;
  verifyAward({ terms, taker, epoch, ...bidOf(acceptance) }, fields['award'], verify);
  return { kind: 'deal', terms, taker, epoch, unitPrice: unitPrice ?? terms.unitPrice };
}

function assertSame(terms: OfferTerms, { offerId, maker }: OfferAccept | OfferApproved, part: string): void {
  if (offerId !== terms.offerId || maker !== terms.maker) throw invalid(`${part} is about another offer`);
}

function assertAgreed(terms: OfferTerms, acceptance: OfferAccept, approval: OfferApproved): void {
  if (approval.taker !== acceptance.taker) throw invalid('the approval is for another taker');
  if (approval.unitPrice !== acceptance.unitPrice)
    throw invalid('the approval is at another price than the acceptance');
  assertAllowed({ terms, ...acceptance });
}

/** @returns the confirmed epoch */
function verifyConfirmation(result: unknown, approval: Signed<OfferApproved>, verify: Verify): number {
  const { message, auth } = approval;
  const answer = decodeResult('offer:accept:approved', result);
  const { epoch } = message;
  if (answer.kind !== 'confirmed' || epoch === null || answer.epoch !== epoch) {
    throw invalid('the confirmation does not confirm the approval');
  }
  const sig = signatureOf(result);
  const signedAnswer = { by: message.taker, to: message.maker, answer };
  if (sig === null || !verify(message.taker, answerStatement(message, auth.nonce, signedAnswer, VERSION), sig)) {
    throw invalid('the confirmation is not signed by the taker');
  }
  return epoch;
}

function verifyAward(deal: Confirmation, award: unknown, verify: Verify): void {
  const { terms, taker, epoch, unitPrice } = deal;
  const fields = fieldsOf(award);
  if ('question' in fields) {
    verifyAnswer(deal, fields, verify);
    return;
  }
  const { message } = signedMessage(award, 'offer:done', 'the award', verify);
  const isThisOffer =
    message.offerId === terms.offerId && message.maker === terms.maker && message.outcome === 'awarded';
  if (!isThisOffer || message.winner !== taker || message.epoch !== epoch)
    throw invalid('the award is not for this taker');
  if (message.unitPrice !== unitPrice) throw invalid('the award is at another price');
}

function verifyAnswer({ terms, taker, epoch }: Confirmation, award: Fields, verify: Verify): void {
  const { question, answer: result } = award;
  const { message, auth } = signedMessage(question, 'offer:status', 'the question', verify);
  if (message.offerId !== terms.offerId || message.maker !== terms.maker || message.taker !== taker) {
    throw invalid('the question is about another offer');
  }
  const answer = decodeResult('offer:status', result);
  if (answer.kind !== 'status' || answer.standing !== 'won' || answer.epoch !== epoch) {
    throw invalid('the award is not for this taker');
  }
  const sig = signatureOf(result);
  const statement = answerStatement(message, auth.nonce, { by: terms.maker, to: taker, answer }, VERSION);
  if (sig === null || !verify(terms.maker, statement, sig)) throw invalid('the award is not signed by the maker');
}

interface Signed<M extends Message> {
  readonly message: M;
  readonly auth: Signature;
}

function signedMessage<Cmd extends Message['cmd']>(
  payload: unknown,
  cmd: Cmd,
  part: string,
  verify: Verify,
): Signed<Extract<Message, { cmd: Cmd }>> {
  const { message, auth: value } = parseMessage(payload, part);
  if (message.cmd !== cmd) throw invalid(`${part} is ${message.cmd}, not ${cmd}`);
  const auth = formerAuthOf(message, value, verify);
  if (auth === null) throw invalid(`${part} is not signed by its sender`);
  return { message: message as Extract<Message, { cmd: Cmd }>, auth };
}

/** The signature of version 1 on a message; null unless its sender made it. */
export function formerAuthOf(message: Message, value: unknown, verify: Verify): Signature | null {
  const auth = readFormerAuth(value);
  const speaker = speakerOf(message);
  if (auth === null || speaker === null) return null;
  return verify(speaker, messageStatement(message, auth.nonce, VERSION), auth.sig) ? auth : null;
}

function signatureOf(result: unknown): string | null {
  return readFormerAuth(fieldsOf(result)['auth'])?.sig ?? null;
}
