/** Which record of a journal a notice tells, and when a notice must have one. */
import type { DeskNotice } from '../src/index.ts';
import type { JournalRecord } from '../src/protocol/records.ts';

/** Whether it is this record that the notice is about. */
export function tells(notice: DeskNotice, { role, record }: JournalRecord): boolean {
  return role === 'maker' ? makerTells(notice, record) : takerTells(notice, record);
}

type Of<Role> = Extract<JournalRecord, { readonly role: Role }>['record'];

function makerTells(notice: DeskNotice, record: Of<'maker'>): boolean {
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

function takerTells(notice: DeskNotice, record: Of<'taker'>): boolean {
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
      // The end of an offer that it had given up before.
      if (notice.event === 'offer.gone') return true;
      return notice.event === 'deal.lost' && !notice.gaveUp && notice.reason === record.reason;
    case 'gaveUp':
      return notice.event === 'deal.lost' && notice.gaveUp && notice.reason === record.reason;
    default:
      return false;
  }
}

/**
 * Records that no notice tells: that the delivery of an outcome was given up, and that a taker's hold is over when it confirms the
 * next one in the same step.
 * @param next what was written after it
 */
export function isSilent({ role, record }: JournalRecord, next: JournalRecord | undefined): boolean {
  if (record.type === 'delivered') return record.givenUp === true;
  return role === 'taker' && record.type === 'released' && next?.record.type === 'confirmed';
}

/** Whether both can't be true. What was given up may turn out to be won; what the maker decided otherwise can't. */
export function contradicts(notice: DeskNotice, { record }: JournalRecord): boolean {
  return notice.event === 'deal.lost' && !notice.gaveUp && record.type === 'won';
}

export interface ToldWhen {
  /** In a life that ended in order: the journal has everything, also what no step waits for. */
  readonly isOrderly: boolean;
  /** The desk confirmed this offer before: it has told that, or wrote it in an earlier life. */
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
      // With an end it is a hold; without one the taker is a client of the original, and this is the deal.
      return isOrderly || notice.until === null;
    case 'deal.lost':
      // A desk that has confirmed nothing learns the end of an offer again.
      return isOrderly || hasConfirmed;
    case 'acceptance.sent':
    case 'award.lost_hold':
    case 'outcome.delivered':
      return isOrderly;
    default:
      return false;
  }
}
