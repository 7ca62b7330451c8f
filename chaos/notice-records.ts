/** Which record of the journal belongs to a notice, and which notices must have a record. */
import type { DeskNotice } from '../src/index.ts';
import type { JournalRecord } from '../src/protocol/records.ts';

/** Whether the notice is about this record. */
export function isAbout(notice: DeskNotice, { role, record }: JournalRecord): boolean {
  return role === 'maker' ? isAboutMaker(notice, record) : isAboutTaker(notice, record);
}

type Of<Role> = Extract<JournalRecord, { readonly role: Role }>['record'];

function isAboutMaker(notice: DeskNotice, record: Of<'maker'>): boolean {
  switch (record.type) {
    case 'opened':
      return notice.event === 'offer.opened';
    case 'reserved':
      return notice.event === 'award.reserved' && isSameAward(notice, record);
    case 'released':
      return notice.event === 'award.released' && notice.epoch === record.epoch;
    case 'awarded':
      return notice.event === 'deal.awarded' && isSameAward(notice, record);
    case 'cancelled':
      return notice.event === 'offer.cancelled';
    case 'expired':
      return notice.event === 'offer.expired';
    case 'delivered':
      return notice.event === 'outcome.delivered';
    default:
      return false;
  }
}

function isSameAward(
  notice: { readonly taker: string; readonly epoch: number },
  record: { readonly taker: { readonly id: string }; readonly epoch: number },
): boolean {
  return record.epoch === notice.epoch && record.taker.id === notice.taker;
}

function isAboutTaker(notice: DeskNotice, record: Of<'taker'>): boolean {
  switch (record.type) {
    case 'accepting':
      return notice.event === 'acceptance.sent';
    case 'confirmed':
      return notice.event === 'award.confirmed' && notice.epoch === record.epoch;
    case 'released':
      return notice.event === 'award.lost_hold' && notice.epoch === record.epoch;
    case 'won':
      return notice.event === 'deal.won' && notice.epoch === record.epoch;
    case 'lost':
      // The outcome of an offer that it had given up.
      if (notice.event === 'offer.gone') return true;
      return notice.event === 'deal.lost' && !notice.gaveUp && notice.reason === record.reason;
    case 'gaveUp':
      return notice.event === 'deal.lost' && notice.gaveUp && notice.reason === record.reason;
    default:
      return false;
  }
}

/**
 * Whether the record has no notice: the delivery of an outcome was given up, or a taker's hold ended in the step that confirms the next
 * one.
 * @param next the next record
 */
export function isSilent({ role, record }: JournalRecord, next: JournalRecord | undefined): boolean {
  if (record.type === 'delivered') return record.givenUp === true;
  return role === 'taker' && record.type === 'released' && next?.record.type === 'confirmed';
}

/** Whether they contradict each other. A taker that gave up may still win; one that the maker refused can't. */
export function contradicts(notice: DeskNotice, { record }: JournalRecord): boolean {
  return notice.event === 'deal.lost' && !notice.gaveUp && record.type === 'won';
}

export interface ToldWhen {
  /** Whether this life ended by SIGTERM: then the journal also has the lazy entries. */
  readonly isOrderly: boolean;
  /** Whether the desk had confirmed this offer: in an earlier notice, or in an earlier life. */
  readonly hasConfirmed: boolean;
}

export function needsRecord(notice: DeskNotice, { isOrderly, hasConfirmed }: ToldWhen): boolean {
  switch (notice.event) {
    case 'offer.opened':
    case 'award.released':
    case 'deal.awarded':
    case 'offer.cancelled':
    case 'offer.expired':
    case 'award.confirmed':
    case 'deal.won':
      return true;
    case 'award.reserved':
      // A hold without an end is for a client of the original, for which it is the deal.
      return isOrderly || notice.until === null;
    case 'deal.lost':
      // A desk that has not confirmed can ask for the outcome again.
      return isOrderly || hasConfirmed;
    case 'acceptance.sent':
    case 'award.lost_hold':
    case 'outcome.delivered':
      return isOrderly;
    default:
      return false;
  }
}
