/** Announces an offer and waits for the report on its deal, through all attempts. */
import { GrapevineError } from '../protocol/errors.ts';
import type { OfferId, PeerId } from '../protocol/ids.ts';
import type { DealResult, OfferTerms } from '../protocol/messages.ts';
import { detailsValue, type DetailsValue } from '../wire/details.ts';
import type { NoticeStream, WaitOptions } from './notice-stream.ts';
import type { OfferDraft } from './offer-draft.ts';
import type { OfferSnapshot, OwnOffer } from './offer-snapshot.ts';
import type { PastOffer } from './past-offers.ts';

/** The report that decides an offer: the winner's, or our own if the winner has not reported, or has reported otherwise. */
export interface DealReported {
  /** The id of the last attempt. */
  readonly offerId: OfferId;
  readonly taker: string;
  readonly result: DealResult;
  /** A text or another JSON value; undefined: none. */
  readonly details: DetailsValue | undefined;
  /** Milliseconds since 1970, on the clock of the reporting desk. */
  readonly at: number;
}

/** The methods of a desk that are used here. */
interface OfferingDesk {
  readonly id: PeerId;
  announce(draft: OfferDraft): Promise<OfferTerms>;
  notices(options: WaitOptions): NoticeStream;
  offer(offerId: string, maker: string): OfferSnapshot | undefined;
  history(offerId: string, maker: string): Promise<PastOffer>;
}

export async function offerAndWait(desk: OfferingDesk, draft: OfferDraft, options: WaitOptions): Promise<DealReported> {
  // Opened before the announcement, so that no notice is missed.
  const notices = desk.notices(options);
  try {
    let { offerId } = await desk.announce(draft);
    for (;;) {
      const offer = await ownOffer(desk, offerId);
      const report = offer.renewedAs === null ? finalReport(offer) : null;
      if (report !== null) return report;
      offerId = offer.renewedAs ?? (await nextChange(notices, offer));
    }
  } finally {
    await notices.return();
  }
}

async function ownOffer(desk: OfferingDesk, offerId: OfferId): Promise<OwnOffer> {
  const snapshot = desk.offer(offerId, desk.id) ?? (await desk.history(offerId, desk.id)).snapshot;
  if (snapshot.role === 'maker') return snapshot;
  throw new GrapevineError('ERR_WRONG_STATE', `offer ${offerId} is not our own`);
}

/** Waits for the next notice about the offer or its next attempt. @returns the id of that attempt */
async function nextChange(notices: NoticeStream, { terms }: OwnOffer): Promise<OfferId> {
  for (;;) {
    // Not `for await`, which would close the stream.
    const { value: notice } = await notices.next();
    if (notice === undefined)
      throw new GrapevineError('ERR_DESK_STOPPED', 'the desk has stopped, so there are no more notices');
    if (!('offerId' in notice)) continue;
    if (notice.offerId === terms.offerId) return terms.offerId;
    if (notice.event === 'offer.opened' && isNextAttempt(notice.terms, terms)) return notice.offerId;
  }
}

function isNextAttempt(next: OwnOffer['terms'], { reference, attempt = 1 }: OwnOffer['terms']): boolean {
  return reference !== undefined && next.reference === reference && (next.attempt ?? 1) > attempt;
}

/**
 * The report on the deal; null while the offer can still get one.
 * @throws GrapevineError when it ended without a report
 */
function finalReport(offer: OwnOffer): DealReported | null {
  const { terms, phase, taker, ownReport, otherReport, isOverdue, attemptsMax } = offer;
  const { offerId, attempt = 1 } = terms;
  const hasMoreAttempts = attemptsMax !== null && attempt < attemptsMax;
  if (phase === 'cancelled') throw new GrapevineError('ERR_OFFER_CANCELLED', `offer ${offerId} was cancelled`);
  if (phase === 'expired')
    throw new GrapevineError('ERR_OFFER_EXPIRED', `nobody took offer ${offerId} before it expired`);
  if (phase === 'voided')
    throw new GrapevineError(
      'ERR_OFFER_UNKNOWN',
      `the outcome of offer ${offerId} is unknown: the journal was restored from a copy`,
    );
  const isContradicted = ownReport !== null && ownReport.result !== otherReport?.result;
  const report = isContradicted ? ownReport : otherReport;
  if (report !== null && !(report.result === 'failed' && hasMoreAttempts)) {
    const { result, details, at } = report;
    return { offerId, taker: taker as PeerId, result, details: details && detailsValue(details), at };
  }
  if (isOverdue && report === null && !hasMoreAttempts) {
    throw new GrapevineError('ERR_TIMEOUT', `the winner of offer ${offerId} has not reported in time`);
  }
  return null;
}
