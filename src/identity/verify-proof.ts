/**
 * Looks at a receipt, or at a proof of equivocation, and says what it proves. Needs nothing but the file: every key is the
 * name of the desk that signed with it.
 */
import type { PeerId } from '../protocol/ids.ts';
import type { BroadcastMessage, Confirmation, DealReport, OfferTerms } from '../protocol/messages.ts';
import { isWithinLimit } from '../protocol/price.ts';
import { readFormerAuth, readSignature } from '../wire/auth-codec.ts';
import { parsePayload, parseReceiptConfirmation } from '../wire/message-codec.ts';
import { confirmationStatement, messageStatement, speakerOf } from '../wire/statement.ts';
import { bidOf } from '../protocol/acceptance.ts';
import { verifySignature } from './ed25519.ts';
import { parseProof } from './parse-proof.ts';
import { RECEIPT_FORMAT } from './receipt.ts';
import { isSigned } from './statement-verifier.ts';
import { parsedMessage, readPart, wrong, type ProvenDeal, type ProvenReport, type Verify } from './proof-parts.ts';
import { FORMER_RECEIPT_FORMAT, verifyFormerReceipt } from './verify-former-receipt.ts';

export type { ProvenDeal } from './proof-parts.ts';

export const EQUIVOCATION_FORMAT = 'equivocation/1';

/** What a proof of equivocation proves: this maker has signed two things about one offer that exclude each other. */
export interface ProvenEquivocation {
  readonly kind: 'equivocation';
  readonly maker: PeerId;
  readonly offerId: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * @param text of a file, at most `receiptMaxBytes` long; the caller bounds it
 * @throws GrapevineError ERR_RECEIPT, also where the text says different things to different readers
 */
export function verifyProofText(text: string, verify: Verify = verifySignature): ProvenDeal | ProvenEquivocation {
  return verifyProof(parseProof(text), verify);
}

/**
 * @param value of a file, as JSON has it
 * @param verify ed25519 by default
 * @throws GrapevineError ERR_RECEIPT that says which part does not prove what it should
 */
export function verifyProof(value: unknown, verify: Verify = verifySignature): ProvenDeal | ProvenEquivocation {
  const fields = typeof value === 'object' && value !== null ? (value as Fields) : {};
  switch (fields['grapevine']) {
    case RECEIPT_FORMAT:
      return verifyReceipt(fields, verify);
    case FORMER_RECEIPT_FORMAT:
      return verifyFormerReceipt(fields, verify);
    case EQUIVOCATION_FORMAT:
      return verifyEquivocation(fields, verify);
    default:
      throw wrong('this is neither a receipt nor a proof of equivocation');
  }
}

function verifyReceipt({ offer, confirmation, award, reports }: Fields, verify: Verify): ProvenDeal {
  const { terms } = signedMessage(offer, 'offer:new', 'the offer', verify);
  const confirmed = verifyConfirmation(terms, confirmation, verify);
  assertPossible(confirmed);
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

/** The signature is over the terms as well, so that it fits this offer and no other. */
function verifyConfirmation(terms: OfferTerms, value: unknown, verify: Verify): Confirmation {
  const { auth, taker, epoch, ...bid } = readPart(() => parseReceiptConfirmation(value), 'the confirmation');
  const confirmation = { terms, taker, epoch, ...bidOf(bid) };
  const signature = readSignature(auth);
  if (signature === null || !isSigned(verify, taker, confirmationStatement(confirmation), signature)) {
    throw wrong('the confirmation is not signed by the taker, or is for another offer');
  }
  return confirmation;
}

function assertPossible({ terms, taker, unitPrice }: Confirmation): void {
  if (taker === terms.maker) throw wrong('maker and taker are the same');
  if (terms.to?.includes(taker) === false) throw wrong('the offer was not for this taker');
  if (!isWithinLimit(terms, unitPrice)) throw wrong("the price is worse for the maker than the offer's");
}

function verifyAward({ terms, taker, epoch, unitPrice }: Confirmation, value: unknown, verify: Verify): void {
  const award = signedMessage(value, 'offer:done', 'the award', verify);
  if (award.offerId !== terms.offerId || award.maker !== terms.maker) throw wrong('the award is of another offer');
  if (award.outcome !== 'awarded' || award.winner !== taker) throw wrong('the award is not for this taker');
  if (award.epoch !== epoch) throw wrong('the award is of another epoch than the confirmation');
  if (award.unitPrice !== unitPrice) throw wrong('the award is at another price than the confirmation');
}

/** At most one of each side, each about this deal and signed by the side that says it. */
function verifyReports(deal: Confirmation, value: unknown, verify: Verify): readonly ProvenReport[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > 2) throw wrong('there are more reports than sides');
  const reports = (value as unknown[]).map((report) => verifyReport(deal, report, verify));
  if (reports.length === 2 && reports[0]?.by === reports[1]?.by) throw wrong('one side reports twice');
  return reports;
}

function verifyReport({ terms, taker }: Confirmation, value: unknown, verify: Verify): ProvenReport {
  const report = signedMessage(value, 'deal:report', 'a report', verify);
  const { offerId, maker, by, result, details, at } = report;
  if (offerId !== terms.offerId || maker !== terms.maker || report.taker !== taker) {
    throw wrong('a report is of another deal');
  }
  return { by, result, details: details ?? null, at };
}

function verifyEquivocation(fields: Fields, verify: Verify): ProvenEquivocation {
  const statements: unknown = fields['statements'];
  if (!Array.isArray(statements) || statements.length !== 2) throw wrong('there are not two statements');
  const [one, other] = (statements as unknown[]).map((statement) => signedStatement(statement, verify)) as [
    BroadcastMessage,
    BroadcastMessage,
  ];
  const [first, second] = [namesOf(one), namesOf(other)];
  if (one.cmd !== other.cmd || first.maker !== second.maker || first.offerId !== second.offerId) {
    throw wrong('they are about different things');
  }
  if (messageStatement(one, undefined) === messageStatement(other, undefined)) throw wrong('they say the same');
  return { kind: 'equivocation', ...first };
}

/** Of either version of the protocol: what a maker signed then is as true as what it signs now. */
function signedStatement(value: unknown, verify: Verify): BroadcastMessage {
  const { message, auth } = readPart(() => parsePayload(value), 'a statement');
  if (message.cmd !== 'offer:new' && message.cmd !== 'offer:done') throw wrong('a statement is no fact');
  const speaker = speakerOf(message);
  const current = readSignature(auth);
  const former = readFormerAuth(auth);
  const isGenuine =
    speaker !== null &&
    ((current !== null && isSigned(verify, speaker, messageStatement(message, undefined), current)) ||
      (former !== null && verify(speaker, messageStatement(message, former.nonce, 1), former.sig)));
  if (!isGenuine) throw wrong('a statement is not signed by the one who says it');
  return message;
}

function namesOf(message: BroadcastMessage): { readonly maker: PeerId; readonly offerId: string } {
  const { maker, offerId } = message.cmd === 'offer:new' ? message.terms : message;
  if (maker === null) throw wrong('nobody says it');
  return { maker, offerId };
}

type Signed = BroadcastMessage | DealReport;

function signedMessage<Cmd extends Signed['cmd']>(
  value: unknown,
  cmd: Cmd,
  what: string,
  verify: Verify,
): Extract<Signed, { cmd: Cmd }> {
  const { message, auth } = parsedMessage(value, what);
  if (message.cmd !== cmd) throw wrong(`${what} is ${message.cmd}, not ${cmd}`);
  const speaker = speakerOf(message);
  const signature = readSignature(auth);
  if (speaker === null || signature === null) throw wrong(`${what} is not signed by the one who says it`);
  if (!isSigned(verify, speaker, messageStatement(message, undefined), signature)) {
    throw wrong(`${what} is not signed by the one who says it`);
  }
  return message as Extract<Signed, { cmd: Cmd }>;
}
