/**
 * Verifies a receipt or a proof of equivocation and returns what it proves. Needs only the file: the id of a desk is its public key.
 */
import type { PeerId } from '../protocol/ids.ts';
import type { BroadcastMessage, Confirmation, DealReport, Message, OfferTerms } from '../protocol/messages.ts';
import { readSignature } from '../wire/auth-codec.ts';
import { parseReceiptConfirmation } from '../wire/message-codec.ts';
import { confirmationStatement, messageStatement, speakerOf } from '../wire/statement.ts';
import { bidOf } from '../protocol/acceptance.ts';
import { verifySignature } from './ed25519.ts';
import { parseProof } from './parse-proof.ts';
import { RECEIPT_FORMAT } from './receipt.ts';
import { isSignatureOf } from './statement-verifier.ts';
import {
  assertAllowed,
  fieldsOf,
  parseMessage,
  readPart,
  invalid,
  type Fields,
  type ProvenDeal,
  type ProvenReport,
  type Verify,
} from './proof-parts.ts';
import { FORMER_RECEIPT_FORMAT, formerAuthOf, verifyFormerReceipt } from './verify-former-receipt.ts';

export type { ProvenDeal } from './proof-parts.ts';

export const EQUIVOCATION_FORMAT = 'equivocation/1';

/** What a proof of equivocation proves: this maker signed two contradicting statements about one offer. */
export interface ProvenEquivocation {
  readonly kind: 'equivocation';
  readonly maker: PeerId;
  readonly offerId: string;
}

/**
 * @param text at most `receiptMaxBytes` long; the caller checks that
 * @throws GrapevineError ERR_RECEIPT, also for a text that different readers could read differently
 */
export function verifyProofText(text: string, verify: Verify = verifySignature): ProvenDeal | ProvenEquivocation {
  return verifyProof(parseProof(text), verify);
}

/**
 * @param value parsed JSON. Of a text, the caller must first refuse a name twice in an object and inexact numbers, as `verifyProofText`
 *   does: different readers could read them differently.
 * @throws GrapevineError ERR_RECEIPT that names the invalid part
 */
export function verifyProof(value: unknown, verify: Verify = verifySignature): ProvenDeal | ProvenEquivocation {
  const fields = fieldsOf(value);
  switch (fields['grapevine']) {
    case RECEIPT_FORMAT:
      return verifyReceipt(fields, verify);
    case FORMER_RECEIPT_FORMAT:
      return verifyFormerReceipt(fields, verify);
    case EQUIVOCATION_FORMAT:
      return verifyEquivocation(fields, verify);
    default:
      throw invalid('this is neither a receipt nor a proof of equivocation');
  }
}

function verifyReceipt({ offer, confirmation, award, reports }: Fields, verify: Verify): ProvenDeal {
  const { terms } = signedMessage(offer, 'offer:new', 'the offer', verify);
  const confirmed = verifyConfirmation(terms, confirmation, verify);
  assertAllowed(confirmed);
  verifyAward(confirmed, award, verify);
  const { taker, epoch, unitPrice } = confirmed;
  const reported = verifyReports(confirmed, reports, verify);
  return {
    kind: 'deal',
    terms,
    taker,
    epoch,
    unitPrice: unitPrice ?? terms.unitPrice,
    ...(reported.length > 0 && { reports: reported }),
  };
}

/** The signature covers the terms as well, so it is valid for this offer only. */
function verifyConfirmation(terms: OfferTerms, value: unknown, verify: Verify): Confirmation {
  const { auth, taker, epoch, ...bid } = readPart(() => parseReceiptConfirmation(value), 'the confirmation');
  const confirmation = { terms, taker, epoch, ...bidOf(bid) };
  const signature = readSignature(auth);
  if (signature === null || !isSignatureOf(verify, taker, confirmationStatement(confirmation), signature)) {
    throw invalid('the confirmation is not signed by the taker, or is for another offer');
  }
  return confirmation;
}

function verifyAward({ terms, taker, epoch, unitPrice }: Confirmation, value: unknown, verify: Verify): void {
  const award = signedMessage(value, 'offer:done', 'the award', verify);
  if (award.offerId !== terms.offerId || award.maker !== terms.maker) throw invalid('the award is of another offer');
  if (award.outcome !== 'awarded' || award.winner !== taker) throw invalid('the award is not for this taker');
  if (award.epoch !== epoch) throw invalid('the award is of another epoch than the confirmation');
  if (award.unitPrice !== unitPrice) throw invalid('the award is at another price than the confirmation');
}

/** At most one report of each side, about this deal and signed by that side. */
function verifyReports(deal: Confirmation, value: unknown, verify: Verify): readonly ProvenReport[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > 2) throw invalid('the reports are not a list of at most two');
  const reports = (value as unknown[]).map((report) => verifyReport(deal, report, verify));
  if (reports.length === 2 && reports[0]?.by === reports[1]?.by) throw invalid('one side reports twice');
  return reports;
}

function verifyReport({ terms, taker }: Confirmation, value: unknown, verify: Verify): ProvenReport {
  const report = signedMessage(value, 'deal:report', 'a report', verify);
  const { offerId, maker, by, result, details, at } = report;
  if (offerId !== terms.offerId || maker !== terms.maker || report.taker !== taker) {
    throw invalid('a report is of another deal');
  }
  return { by, result, details: details ?? null, at };
}

function verifyEquivocation(fields: Fields, verify: Verify): ProvenEquivocation {
  const statements: unknown = fields['statements'];
  if (!Array.isArray(statements) || statements.length !== 2) throw invalid('there are not two statements');
  const [one, other] = (statements as unknown[]).map((statement) => signedStatement(statement, verify)) as [
    BroadcastMessage,
    BroadcastMessage,
  ];
  const [first, second] = [subjectOf(one), subjectOf(other)];
  if (one.cmd !== other.cmd || first.maker !== second.maker || first.offerId !== second.offerId) {
    throw invalid('the statements are about different things');
  }
  if (messageStatement(one, undefined) === messageStatement(other, undefined))
    throw invalid('the statements are the same');
  return { kind: 'equivocation', ...first };
}

/** Accepts signatures of protocol versions 1 and 2. */
function signedStatement(value: unknown, verify: Verify): BroadcastMessage {
  const { message, auth } = parseMessage(value, 'a statement');
  if (message.cmd !== 'offer:new' && message.cmd !== 'offer:done')
    throw invalid('a statement is neither an offer nor an outcome');
  if (isGenuine(message, auth, verify) || formerAuthOf(message, auth, verify) !== null) return message;
  throw invalid('a statement is not signed by its sender');
}

function subjectOf(message: BroadcastMessage): { readonly maker: PeerId; readonly offerId: string } {
  const { maker, offerId } = message.cmd === 'offer:new' ? message.terms : message;
  if (maker === null) throw invalid('a statement names no maker');
  return { maker, offerId };
}

type Signed = BroadcastMessage | DealReport;

function signedMessage<Cmd extends Signed['cmd']>(
  value: unknown,
  cmd: Cmd,
  part: string,
  verify: Verify,
): Extract<Signed, { cmd: Cmd }> {
  const { message, auth } = parseMessage(value, part);
  if (message.cmd !== cmd) throw invalid(`${part} is ${message.cmd}, not ${cmd}`);
  if (!isGenuine(message, auth, verify)) throw invalid(`${part} is not signed by its sender`);
  return message as Extract<Signed, { cmd: Cmd }>;
}

function isGenuine(message: Message, auth: unknown, verify: Verify): boolean {
  const speaker = speakerOf(message);
  const signature = readSignature(auth);
  if (speaker === null || signature === null) return false;
  return isSignatureOf(verify, speaker, messageStatement(message, undefined), signature);
}
