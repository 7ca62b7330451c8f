/**
 * The proof of a deal: what the maker offered, that the taker accepted it, was approved and confirmed, and that the maker
 * awarded it, each signed by the one who said it. Whoever holds it can prove the deal to anybody, without asking anybody.
 * Source: docs/PROTOCOL.md, "Receipts".
 */
import type { Identity } from '../ports/identity.ts';
import { bidOf } from '../protocol/acceptance.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { Decimal, OfferKey } from '../protocol/ids.ts';
import type { Auth, OfferAccept, OfferApproved, OfferDone, OfferStatus, OfferTerms } from '../protocol/messages.ts';
import type { JournalRecord, MakerRecord, TakerRecord } from '../protocol/records.ts';
import { encodeAnswer } from '../wire/answer-codec.ts';
import { encodeMessage, type Payload } from '../wire/message-codec.ts';

export const RECEIPT_FORMAT = 'receipt/1';

/** Messages and results as they travelled. */
export interface Receipt {
  readonly grapevine: typeof RECEIPT_FORMAT;
  readonly offer: Payload;
  readonly acceptance: Payload;
  readonly approval: Payload;
  /** The taker's answer to the approval. */
  readonly confirmation: unknown;
  /** The maker's word: the end of the offer, or its answer to a question. */
  readonly award: Payload | { readonly question: Payload; readonly answer: unknown };
}

/** What both sides have to know of a deal to make its receipt. */
interface Deal {
  readonly terms: OfferTerms;
  readonly offerAuth: Auth;
  readonly acceptance: OfferAccept;
  readonly acceptanceAuth: Auth;
  readonly approval: OfferApproved;
  readonly approvalAuth: Auth;
  readonly confirmationAuth: { readonly sig: string };
  readonly award: Receipt['award'];
}

type Signer = Pick<Identity, 'id' | 'sign' | 'signAnswer'>;

/**
 * @param records of one offer, as the journal has them
 * @throws GrapevineError ERR_RECEIPT when there is no deal, or it was not signed by both
 */
export function receiptOf(offer: OfferKey, records: readonly JournalRecord[], signer: Signer): Receipt {
  const deal = records[0]?.role === 'maker' ? dealOfMaker(records, signer) : dealOfTaker(records, signer);
  if (deal === null) {
    throw new GrapevineError('ERR_RECEIPT', `there is no receipt for ${offer}: no deal, or not signed by both`);
  }
  const { terms, approval, confirmationAuth } = deal;
  return {
    grapevine: RECEIPT_FORMAT,
    offer: encodeMessage({ cmd: 'offer:new', terms }, deal.offerAuth),
    acceptance: encodeMessage(deal.acceptance, deal.acceptanceAuth),
    approval: encodeMessage(approval, deal.approvalAuth),
    confirmation: encodeAnswer({ kind: 'confirmed', epoch: approval.epoch }, confirmationAuth).result,
    award: deal.award,
  };
}

function dealOfMaker(records: readonly JournalRecord[], signer: Signer): Deal | null {
  const all = records.flatMap(({ role, record }) => (role === 'maker' ? [record] : []));
  const opened = find<MakerRecord, 'opened'>(all, 'opened');
  const awarded = find<MakerRecord, 'awarded'>(all, 'awarded');
  const reserved = all.find(
    (record): record is Extract<MakerRecord, { type: 'reserved' }> =>
      record.type === 'reserved' && record.epoch === awarded?.epoch,
  );
  const nonce = awarded?.auth?.nonce;
  if (opened === undefined || awarded?.auth === undefined || reserved?.auth === undefined || nonce === undefined) {
    return null;
  }
  const { terms } = opened;
  const told = { terms, taker: reserved.taker.id, epoch: awarded.epoch, until: reserved.until, ...bidOf(reserved) };
  const done = doneOf(told);
  return {
    terms,
    offerAuth: signer.sign({ cmd: 'offer:new', terms }),
    acceptance: acceptanceOf(told),
    acceptanceAuth: reserved.auth,
    approval: approvalOf(told),
    approvalAuth: signer.sign(approvalOf(told), nonce),
    confirmationAuth: { sig: awarded.auth.sig },
    award: encodeMessage(done, signer.sign(done)),
  };
}

function dealOfTaker(records: readonly JournalRecord[], signer: Signer): Deal | null {
  const all = records.flatMap(({ role, record }) => (role === 'taker' ? [record] : []));
  const accepting = find<TakerRecord, 'accepting'>(all, 'accepting');
  const won = find<TakerRecord, 'won'>(all, 'won');
  const confirmed = all.find(
    (record): record is Extract<TakerRecord, { type: 'confirmed' }> =>
      record.type === 'confirmed' && record.epoch === won?.epoch,
  );
  if (accepting?.auth === undefined || won?.auth === undefined || confirmed?.auth === undefined) return null;
  const { terms } = accepting;
  const { epoch, until = null } = confirmed;
  const told = { terms, taker: signer.id, epoch, until, ...bidOf(accepting) };
  const acceptance = acceptanceOf(told);
  const approval = approvalOf(told);
  const asked = { peer: { id: terms.maker, dialect: 'grapevine' }, auth: confirmed.auth } as const;
  const confirmationAuth = signer.signAnswer(approval, asked, { kind: 'confirmed', epoch });
  if (confirmationAuth === undefined || !('sig' in confirmationAuth)) return null;
  return {
    terms,
    offerAuth: accepting.auth,
    acceptance,
    // Our own word, which we can give again at any time.
    acceptanceAuth: signer.sign(acceptance),
    approval,
    approvalAuth: confirmed.auth,
    confirmationAuth,
    award: won.by === 'status' ? answered(told, won.auth, signer) : encodeMessage(doneOf(told), won.auth),
  };
}

interface Told {
  readonly terms: OfferTerms;
  readonly taker: OfferAccept['taker'];
  readonly epoch: number;
  readonly until: number | null;
  readonly unitPrice?: Decimal;
}

function namesOf({ terms, taker }: Told): Pick<OfferAccept, 'offerId' | 'maker' | 'taker'> {
  return { offerId: terms.offerId, maker: terms.maker, taker };
}

function acceptanceOf(told: Told): OfferAccept {
  return { cmd: 'offer:accept', ...namesOf(told), ...bidOf(told) };
}

function approvalOf(told: Told): OfferApproved {
  return { cmd: 'offer:accept:approved', ...namesOf(told), epoch: told.epoch, until: told.until, ...bidOf(told) };
}

function doneOf(told: Told): OfferDone {
  const { terms, taker, epoch } = told;
  const { offerId, maker } = terms;
  return { cmd: 'offer:done', offerId, maker, outcome: 'awarded', winner: taker, epoch, ...bidOf(told) };
}

/** The winner asked, and was told; the question is its own word and is signed again, under the same nonce. */
function answered(told: Told, auth: Auth, signer: Signer): Receipt['award'] {
  const question: OfferStatus = { cmd: 'offer:status', ...namesOf(told) };
  const answer = { kind: 'status', phase: 'awarded', standing: 'won', epoch: told.epoch } as const;
  return {
    question: encodeMessage(question, signer.sign(question, auth.nonce)),
    answer: encodeAnswer(answer, { sig: auth.sig }).result,
  };
}

function find<R extends { readonly type: string }, Type extends R['type']>(
  records: readonly R[],
  type: Type,
): Extract<R, { type: Type }> | undefined {
  return records.find((record): record is Extract<R, { type: Type }> => record.type === type);
}
