/** Parts of proofs, each genuinely signed by the one who says it, whatever it says. */
import type { Decimal, OfferId, PeerId } from '../../src/protocol/ids.ts';
import type { Answer, Confirmation, Message, OfferDone, OfferTerms } from '../../src/protocol/messages.ts';
import { authToWire } from '../../src/wire/auth-codec.ts';
import { encodeAnswer } from '../../src/wire/answer-codec.ts';
import { decimalToWire } from '../../src/wire/decimal.ts';
import { encodeMessage, type Payload } from '../../src/wire/message-codec.ts';
import { answerStatement, messageStatement, speakerOf } from '../../src/wire/statement.ts';
import { awardOf } from '../../src/identity/receipt.ts';
import { keyedIdentity, keyedScheme } from '../../testing/keyed-scheme.ts';

export function verify(id: PeerId, text: string, sig: string): boolean {
  return keyedScheme(id).verify(id, text, sig);
}

export const MAKER = 'a'.repeat(64) as PeerId;
export const TAKER = 'b'.repeat(64) as PeerId;
export const OTHER = 'c'.repeat(64) as PeerId;

export const TERMS: OfferTerms = {
  offerId: 'offer' as OfferId,
  maker: MAKER,
  type: 'sell',
  amount: '0.5' as Decimal,
  pair: 'BTC/USD',
  unitPrice: '8000' as Decimal,
  issuedAt: 1_000,
  expiresAt: 60_000,
};

export const DEAL: Confirmation = { terms: TERMS, taker: TAKER, epoch: 7, unitPrice: '8001' as Decimal };

export function price(text: string): Decimal {
  return text as Decimal;
}

// ---- receipt/2 ------------------------------------------------------------------------------------------------------------

export interface Parts {
  readonly offer: unknown;
  readonly confirmation: unknown;
  readonly award: unknown;
}

export function fact(message: Extract<Message, { cmd: 'offer:new' | 'offer:done' }>, by?: PeerId): Payload {
  const speaker = by ?? speakerOf(message) ?? MAKER;
  return encodeMessage(message, keyedIdentity(speaker).signFact(message));
}

export function offerOf(terms: OfferTerms): Payload {
  return fact({ cmd: 'offer:new', terms });
}

export function confirmationOf(confirmation: Confirmation, by = confirmation.taker): unknown {
  const { taker, epoch, unitPrice } = confirmation;
  const auth = authToWire(keyedIdentity(by).signConfirmation(confirmation));
  return { taker, epoch, ...(unitPrice !== undefined && { unitPrice: decimalToWire(unitPrice) }), auth };
}

export function partsOf(deal: Confirmation): Parts {
  return { offer: offerOf(deal.terms), confirmation: confirmationOf(deal), award: fact(awardOf(deal)) };
}

export function receipt(parts: Parts): unknown {
  return { grapevine: 'receipt/2', ...parts };
}

// ---- receipt/1 ------------------------------------------------------------------------------------------------------------

export interface FormerParts {
  readonly offer: unknown;
  readonly acceptance: unknown;
  readonly approval: unknown;
  readonly confirmation: unknown;
  readonly award: unknown;
}

/** As protocol version 1 signed messages: with a nonce, facts without. */
export function formerMessage(message: Message, nonce?: string, by?: PeerId): unknown {
  const speaker = by ?? speakerOf(message) ?? MAKER;
  const sig = keyedScheme(speaker).sign(messageStatement(message, nonce, 1));
  return { ...encodeMessage(message), auth: { sig, ...(nonce !== undefined && { nonce }) } };
}

function formerAnswer(request: Message, nonce: string, answer: Answer, said: { by: PeerId; to: PeerId }): unknown {
  const sig = keyedScheme(said.by).sign(answerStatement(request, nonce, { ...said, answer }, 1));
  return { ...(encodeAnswer(answer, undefined).result as object), auth: { sig } };
}

let drawn = 0;

export function nonce(): string {
  drawn += 1;
  return drawn.toString(16).padStart(32, '0');
}

/** What was said in a deal of version 1; each part may be said otherwise. */
export interface FormerDeal {
  readonly acceptance?: Partial<Extract<Message, { cmd: 'offer:accept' }>>;
  readonly approval?: Partial<Extract<Message, { cmd: 'offer:accept:approved' }>>;
  readonly confirmed?: Answer;
  readonly done?: Partial<OfferDone>;
  /** The award is the answer to a question. */
  readonly question?: Partial<Extract<Message, { cmd: 'offer:status' }>>;
  readonly status?: Partial<Extract<Answer, { kind: 'status' }>>;
  readonly answeredBy?: PeerId;
  readonly confirmedBy?: PeerId;
}

export function formerPartsOf({ terms, taker, epoch, unitPrice }: Confirmation, said: FormerDeal = {}): FormerParts {
  const { offerId, maker } = terms;
  const names = { offerId, maker, taker };
  const bid = unitPrice === undefined ? {} : { unitPrice };
  const acceptance: Message = { cmd: 'offer:accept', ...names, ...bid, ...said.acceptance };
  const approval = {
    cmd: 'offer:accept:approved' as const,
    ...names,
    epoch,
    until: 20_000,
    ...bid,
    ...said.approval,
  } satisfies Message;
  const approvalNonce = nonce();
  const confirmed = said.confirmed ?? { kind: 'confirmed', epoch };
  const confirmer = { by: said.confirmedBy ?? approval.taker, to: maker };
  return {
    offer: formerMessage({ cmd: 'offer:new', terms }),
    acceptance: formerMessage(acceptance, nonce()),
    approval: formerMessage(approval, approvalNonce),
    confirmation: formerAnswer(approval, approvalNonce, confirmed, confirmer),
    award:
      said.question === undefined && said.status === undefined
        ? formerMessage({ ...awardOf({ terms, taker, epoch, ...bid }), ...said.done })
        : formerStatus(names, epoch, said),
  };
}

function formerStatus(
  names: { offerId: OfferId; maker: PeerId; taker: PeerId },
  epoch: number,
  { question, status, answeredBy }: FormerDeal,
): unknown {
  const asked = { cmd: 'offer:status' as const, ...names, ...question } satisfies Message;
  const answer: Answer = { kind: 'status', phase: 'awarded', standing: 'won', epoch, ...status };
  const asking = nonce();
  const by = answeredBy ?? names.maker;
  return {
    question: formerMessage(asked, asking),
    answer: formerAnswer(asked, asking, answer, { by, to: asked.taker }),
  };
}

export function formerReceipt(parts: FormerParts): unknown {
  return { grapevine: 'receipt/1', ...parts };
}
