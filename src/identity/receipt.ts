/**
 * Makes the receipt of a deal: the offer, the taker's confirmation and the maker's award, each signed. It proves the deal to third
 * parties, offline. Source: docs/PROTOCOL.md, "Receipts".
 */
import type { Identity } from '../ports/identity.ts';
import { bidOf } from '../protocol/acceptance.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { OfferKey } from '../protocol/ids.ts';
import type { Confirmation, DealReport, OfferDone, Signature } from '../protocol/messages.ts';
import type { JournalRecord } from '../protocol/records.ts';
import { authToWire } from '../wire/auth-codec.ts';
import { decimalToWire } from '../wire/decimal.ts';
import { encodeMessage, type Payload } from '../wire/message-codec.ts';

export const RECEIPT_FORMAT = 'receipt/2';

export interface Receipt {
  readonly grapevine: typeof RECEIPT_FORMAT;
  /** `offer:new`, signed by the maker. */
  readonly offer: Payload;
  /** Signed by the taker. */
  readonly confirmation: {
    readonly taker: string;
    readonly epoch: number;
    /** The taker's bid; absent: the price of the offer. */
    readonly unitPrice?: number | string;
    readonly auth: Readonly<Record<string, unknown>>;
  };
  /** `offer:done`, signed by the maker. */
  readonly award: Payload;
  /** `deal:report`, at most one from each side. Absent when there are no signed reports. */
  readonly reports?: readonly Payload[];
}

/** Null signatures are our own: they are not stored, but made again. */
interface Deal {
  readonly confirmation: Confirmation;
  readonly offerAuth: Signature | null;
  readonly confirmationAuth: Signature | null;
  readonly awardAuth: Signature | null;
}

type Signer = Pick<Identity, 'id' | 'signFact' | 'signConfirmation'>;

/**
 * @param records all records of the offer
 * @throws GrapevineError ERR_RECEIPT when there is no deal, or a side has not signed it
 */
export async function receiptOf(offer: OfferKey, records: readonly JournalRecord[], signer: Signer): Promise<Receipt> {
  const deal = records[0]?.role === 'maker' ? dealOfMaker(records) : dealOfTaker(records, signer.id);
  if (deal === null) {
    throw new GrapevineError('ERR_RECEIPT', `there is no receipt for ${offer}: no deal, or not signed by both`);
  }
  const { confirmation } = deal;
  const { terms, taker, epoch, unitPrice } = confirmation;
  const done = awardOf(confirmation);
  const reports = await reportsOf(records, confirmation, signer);
  const auth = deal.confirmationAuth ?? (await signer.signConfirmation(confirmation));
  return {
    grapevine: RECEIPT_FORMAT,
    offer: encodeMessage(
      { cmd: 'offer:new', terms },
      deal.offerAuth ?? (await signer.signFact({ cmd: 'offer:new', terms })),
    ),
    confirmation: {
      taker,
      epoch,
      ...(unitPrice !== undefined && { unitPrice: decimalToWire(unitPrice) }),
      auth: authToWire(auth),
    },
    award: encodeMessage(done, deal.awardAuth ?? (await signer.signFact(done))),
    ...(reports.length > 0 && { reports }),
  };
}

/** Our own report is signed again; the signature of the other side's is in the journal. */
async function reportsOf(
  records: readonly JournalRecord[],
  { terms, taker }: Confirmation,
  signer: Signer,
): Promise<readonly Payload[]> {
  const reports: Payload[] = [];
  for (const { role, record } of records) {
    if (record.type !== 'reported' && record.type !== 'reportReceived') continue;
    const { result, details } = record;
    const isOwn = record.type === 'reported';
    const message: DealReport = {
      cmd: 'deal:report',
      offerId: terms.offerId,
      maker: terms.maker,
      taker,
      by: isOwn === (role === 'maker') ? 'maker' : 'taker',
      result,
      ...(details !== undefined && { details }),
      at: isOwn ? record.at : record.reportedAt,
    };
    const auth = isOwn ? await signer.signFact(message) : record.auth;
    if (auth !== undefined) reports.push(encodeMessage(message, auth));
  }
  return reports;
}

function dealOfMaker(records: readonly JournalRecord[]): Deal | null {
  const all = records.flatMap(({ role, record }) => (role === 'maker' ? [record] : []));
  const opened = all.find((record) => record.type === 'opened');
  const awarded = all.find((record) => record.type === 'awarded');
  const reserved = all.filter((record) => record.type === 'reserved').find(({ epoch }) => epoch === awarded?.epoch);
  if (opened === undefined || awarded?.auth === undefined || reserved === undefined) return null;
  assertCurrent(awarded.auth);
  const { epoch, auth } = awarded;
  return {
    confirmation: { terms: opened.terms, taker: reserved.taker.id, epoch, ...bidOf(reserved) },
    offerAuth: null,
    confirmationAuth: auth,
    awardAuth: null,
  };
}

function dealOfTaker(records: readonly JournalRecord[], ownId: Signer['id']): Deal | null {
  const all = records.flatMap(({ role, record }) => (role === 'taker' ? [record] : []));
  const accepting = all.findLast((record) => record.type === 'accepting');
  const won = all.find((record) => record.type === 'won');
  const confirmed = all.filter((record) => record.type === 'confirmed').find(({ epoch }) => epoch === won?.epoch);
  if (accepting?.auth === undefined || won?.auth === undefined || confirmed === undefined) return null;
  if (confirmed.auth !== undefined) assertCurrent(confirmed.auth);
  const { epoch } = confirmed;
  return {
    confirmation: { terms: accepting.terms, taker: ownId, epoch, ...bidOf(accepting) },
    offerAuth: accepting.auth,
    confirmationAuth: null,
    awardAuth: won.auth,
  };
}

/** A signature with a nonce is of protocol version 1, which signed other texts and lacks some that this format needs. */
function assertCurrent({ nonce }: Signature): void {
  if (nonce === undefined) return;
  throw new GrapevineError(
    'ERR_RECEIPT',
    'this deal was made by an earlier version, which wrote its receipt into the folder "receipts"; look there',
  );
}

/** The message with which the maker awarded the deal. */
export function awardOf({ terms, taker, epoch, ...bid }: Confirmation): OfferDone {
  const { offerId, maker } = terms;
  return { cmd: 'offer:done', offerId, maker, outcome: 'awarded', winner: taker, epoch, ...bidOf(bid) };
}
