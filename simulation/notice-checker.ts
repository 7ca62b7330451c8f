/**
 * Compares notices with the journal. A notice of something that must survive a crash needs a durable record; all others need a written
 * one.
 */
import type { DeskNotice } from '../src/desk/desk-events.ts';
import { offerKey, type PeerId } from '../src/protocol/ids.ts';
import type { MakerState } from '../src/protocol/maker-state.ts';
import type { TakerState } from '../src/protocol/taker-state.ts';
import type { Ledger } from './ledger.ts';

type OfferNotice = Extract<DeskNotice, { maker: PeerId }>;

/** The notices of something that must survive a crash. */
const DURABLE: ReadonlySet<string> = new Set([
  'offer.opened',
  'award.released',
  'deal.awarded',
  'offer.cancelled',
  'offer.voided',
  'offer.expired',
  'award.confirmed',
  'deal.won',
  'deal.closed_by_hand',
  'acceptance.withdrawn',
]);

/** The contradiction with the journal; null: they agree. */
export function checkNotice(ledger: Ledger, desk: PeerId, notice: DeskNotice): string | null {
  if (!('maker' in notice)) return null;
  const offer = offerKey(notice.maker, notice.offerId);
  const fold = DURABLE.has(notice.event) ? 'durable' : 'written';
  if (notice.maker === desk) {
    const states = ledger.makerStates(offer, fold);
    return states.some((maker) => makerTells(notice, maker)) ? null : `${states[0]?.phase ?? 'nothing'}, ${fold}`;
  }
  const states = ledger.takerStates(offer, desk, fold);
  const confirmed = ledger.taker(offer, desk)?.confirmed ?? new Set();
  if (!states.some((taker) => takerTells(notice, taker, confirmed))) return `${states[0]?.phase ?? 'nothing'}, ${fold}`;
  // After a crash, the taker would be in doubt again.
  const isInDoubt = ledger.takerStates(offer, desk, 'durable').every((taker) => taker?.phase === 'confirmed');
  return notice.event === 'deal.lost' && isInDoubt ? 'confirmed, durable' : null;
}

function makerTells(notice: OfferNotice, maker: MakerState | null): boolean {
  switch (notice.event) {
    case 'offer.opened':
      return maker !== null;
    case 'award.reserved':
      return maker !== null && maker.epoch >= notice.epoch;
    case 'award.released':
      return maker !== null && maker.epoch >= notice.epoch && maker.reservation?.epoch !== notice.epoch;
    case 'deal.awarded':
      return maker?.award?.taker.id === notice.taker && maker.award.epoch === notice.epoch;
    case 'offer.cancelled':
      return maker?.phase === 'cancelled';
    case 'offer.voided':
      return maker?.phase === 'voided';
    case 'offer.expired':
      return maker?.phase === 'expired';
    case 'outcome.delivered':
      return maker?.outcomeRecipient === null;
    default:
      return true;
  }
}

function takerTells(notice: OfferNotice, taker: TakerState | null, confirmed: ReadonlySet<number>): boolean {
  const { phase, epoch, reason, closedAs, truth } = taker ?? {};
  switch (notice.event) {
    case 'acceptance.sent':
      return phase !== undefined;
    case 'acceptance.withdrawn':
      return phase === 'withdrawn';
    case 'award.confirmed':
      return confirmed.has(notice.epoch);
    case 'award.lost_hold':
      return phase !== undefined && epoch !== notice.epoch;
    case 'deal.won':
      return phase === 'won' && epoch === notice.epoch;
    case 'deal.lost':
      return phase === (notice.gaveUp ? 'gaveUp' : 'lost') && reason === notice.reason;
    case 'offer.voided':
      return phase === 'voided';
    case 'deal.closed_by_hand':
      return closedAs === notice.as;
    case 'deal.truth':
      return (
        truth?.outcome === notice.outcome &&
        notice.contradicts === (closedAs !== null && truth.won !== (closedAs === 'won'))
      );
    default:
      return true;
  }
}
