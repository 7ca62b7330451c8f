/**
 * Looks at a receipt, or at a proof of equivocation, and says what it proves. Needs nothing but the file: every key is the
 * name of the desk that signed with it.
 */
import { GrapevineError } from '../protocol/errors.ts';
import type { Decimal, PeerId } from '../protocol/ids.ts';
import type { Auth, Message, OfferAccept, OfferApproved, OfferTerms } from '../protocol/messages.ts';
import { isWithinLimit } from '../protocol/price.ts';
import { decodeResult } from '../wire/answer-codec.ts';
import { readAuth, signatureOfResult } from '../wire/auth-codec.ts';
import { parsePayload } from '../wire/message-codec.ts';
import { answerStatement, isFact, messageStatement, speakerOf } from '../wire/statement.ts';
import { verifySignature } from './ed25519.ts';
import { RECEIPT_FORMAT } from './receipt.ts';
import type { SignatureScheme } from './signature-scheme.ts';

export const EQUIVOCATION_FORMAT = 'equivocation/1';

/** What a receipt proves: the maker has awarded this offer to this taker, who had confirmed it, at this price. */
export interface ProvenDeal {
  readonly kind: 'deal';
  readonly terms: OfferTerms;
  readonly taker: PeerId;
  readonly epoch: number;
  /** Of the deal: the taker's bid, else the offer's; null where neither says one. */
  readonly unitPrice: Decimal | null;
}

/** What a proof of equivocation proves: this maker has signed two things about one offer that exclude each other. */
export interface ProvenEquivocation {
  readonly kind: 'equivocation';
  readonly maker: PeerId;
  readonly offerId: string;
}

type Verify = SignatureScheme['verify'];

/**
 * @param value of a file, as JSON has it
 * @param verify ed25519 by default
 * @throws GrapevineError ERR_RECEIPT that says which part does not prove what it should
 */
export function verifyProof(value: unknown, verify: Verify = verifySignature): ProvenDeal | ProvenEquivocation {
  const fields = fieldsOf(value);
  if (fields['grapevine'] === RECEIPT_FORMAT) return verifyReceipt(fields, verify);
  if (fields['grapevine'] === EQUIVOCATION_FORMAT) return verifyEquivocation(fields, verify);
  throw wrong('this is neither a receipt nor a proof of equivocation');
}

function verifyReceipt(fields: Readonly<Record<string, unknown>>, verify: Verify): ProvenDeal {
  const offer = signedMessage(fields['offer'], 'offer:new', 'the offer', verify).message;
  const acceptance = signedMessage(fields['acceptance'], 'offer:accept', 'the acceptance', verify).message;
  const approval = signedMessage(fields['approval'], 'offer:accept:approved', 'the approval', verify);
  const { terms } = offer;
  assertSame(terms, acceptance, 'the acceptance');
  assertSame(terms, approval.message, 'the approval');
  assertAgreed(terms, acceptance, approval.message);
  const epoch = verifyConfirmation(fields['confirmation'], approval, verify);
  verifyAward(fields['award'], terms, acceptance, epoch, verify);
  return { kind: 'deal', terms, taker: acceptance.taker, epoch, unitPrice: acceptance.unitPrice ?? terms.unitPrice };
}

function assertSame(terms: OfferTerms, { offerId, maker }: OfferAccept | OfferApproved, what: string): void {
  if (offerId !== terms.offerId || maker !== terms.maker) throw wrong(`${what} is about another offer`);
}

function assertAgreed(terms: OfferTerms, acceptance: OfferAccept, approval: OfferApproved): void {
  if (approval.taker !== acceptance.taker) throw wrong('the approval is for another taker');
  if (acceptance.taker === terms.maker) throw wrong('maker and taker are the same');
  if (terms.to?.includes(acceptance.taker) === false) throw wrong('the offer was not for this taker');
  if (approval.unitPrice !== acceptance.unitPrice) throw wrong('the approval is at another price than the acceptance');
  if (!isWithinLimit(terms, acceptance.unitPrice)) throw wrong("the price is worse for the maker than the offer's");
}

/** @returns the reservation that was confirmed */
function verifyConfirmation(result: unknown, approval: Signed<OfferApproved>, verify: Verify): number {
  const { message, auth } = approval;
  const answer = decodeResult('offer:accept:approved', result);
  const { epoch } = message;
  if (answer.kind !== 'confirmed' || epoch === null || answer.epoch !== epoch) {
    throw wrong('the confirmation does not confirm the approval');
  }
  const sig = signatureOfResult(result);
  const told = { by: message.taker, to: message.maker, answer };
  if (sig === null || !verify(message.taker, answerStatement(message, auth.nonce, told), sig)) {
    throw wrong('the confirmation is not signed by the taker');
  }
  return epoch;
}

function verifyAward(
  award: unknown,
  terms: OfferTerms,
  { taker, unitPrice }: OfferAccept,
  epoch: number,
  verify: Verify,
): void {
  const fields = fieldsOf(award);
  if ('question' in fields) {
    verifyAnswer(fields, terms, taker, epoch, verify);
    return;
  }
  const { message } = signedMessage(award, 'offer:done', 'the award', verify);
  const isOurs = message.offerId === terms.offerId && message.maker === terms.maker && message.outcome === 'awarded';
  if (!isOurs || message.winner !== taker || message.epoch !== epoch) throw wrong('the award is not for this taker');
  if (message.unitPrice !== unitPrice) throw wrong('the award is at another price');
}

function verifyAnswer(
  { question, answer: result }: Readonly<Record<string, unknown>>,
  terms: OfferTerms,
  taker: PeerId,
  epoch: number,
  verify: Verify,
): void {
  const { message, auth } = signedMessage(question, 'offer:status', 'the question', verify);
  if (message.offerId !== terms.offerId || message.maker !== terms.maker || message.taker !== taker) {
    throw wrong('the question is about another offer');
  }
  const answer = decodeResult('offer:status', result);
  if (answer.kind !== 'status' || answer.standing !== 'won' || answer.epoch !== epoch) {
    throw wrong('the award is not for this taker');
  }
  const sig = signatureOfResult(result);
  const statement = answerStatement(message, auth.nonce, { by: terms.maker, to: taker, answer });
  if (sig === null || !verify(terms.maker, statement, sig)) throw wrong('the award is not signed by the maker');
}

function verifyEquivocation(fields: Readonly<Record<string, unknown>>, verify: Verify): ProvenEquivocation {
  const statements: unknown = fields['statements'];
  if (!Array.isArray(statements) || statements.length !== 2) throw wrong('there are not two statements');
  const [one, other] = (statements as unknown[]).map((statement) => signedFact(statement, verify)) as [
    Message,
    Message,
  ];
  if (one.cmd !== other.cmd || nameOf(one) !== nameOf(other)) throw wrong('they are about different things');
  if (messageStatement(one, undefined) === messageStatement(other, undefined)) throw wrong('they say the same');
  const maker = speakerOf(one);
  if (maker === null) throw wrong('nobody says it');
  return { kind: 'equivocation', maker, offerId: one.cmd === 'offer:new' ? one.terms.offerId : offerIdOf(one) };
}

function signedFact(statement: unknown, verify: Verify): Message {
  const { message } = signedMessage(statement, null, 'a statement', verify);
  if (!isFact(message)) throw wrong('a statement is no fact');
  return message;
}

function nameOf(message: Message): string {
  return `${speakerOf(message) ?? ''}/${offerIdOf(message)}`;
}

function offerIdOf(message: Message): string {
  if (message.cmd === 'offer:new') return message.terms.offerId;
  return 'offerId' in message ? message.offerId : '';
}

interface Signed<M extends Message> {
  readonly message: M;
  readonly auth: Auth;
}

function signedMessage<Cmd extends Message['cmd']>(
  payload: unknown,
  cmd: Cmd | null,
  what: string,
  verify: Verify,
): Signed<Extract<Message, { cmd: Cmd }>> {
  const { message, auth } = parse(payload, what);
  if (cmd !== null && message.cmd !== cmd) throw wrong(`${what} is ${message.cmd}, not ${cmd}`);
  const speaker = speakerOf(message);
  if (auth === null || speaker === null || !verify(speaker, messageStatement(message, auth.nonce), auth.sig)) {
    throw wrong(`${what} is not signed by the one who says it`);
  }
  return { message: message as Extract<Message, { cmd: Cmd }>, auth };
}

function parse(payload: unknown, what: string): { readonly message: Message; readonly auth: Auth | null } {
  try {
    const { message, auth } = parsePayload(payload);
    return { message, auth: readAuth(auth) };
  } catch (error) {
    const why = error instanceof GrapevineError ? error.message : String(error);
    throw wrong(`${what} can't be read: ${why}`);
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function wrong(problem: string): GrapevineError {
  return new GrapevineError('ERR_RECEIPT', problem);
}
