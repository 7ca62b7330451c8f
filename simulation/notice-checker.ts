/** What a desk tells its users, against what is durable: a notice is shown only when it can't be forgotten any more. */
import type { DeskNotice } from '../src/desk/desk-events.ts';
import { offerKey, type PeerId } from '../src/protocol/ids.ts';
import type { Ledger } from './ledger.ts';

/** What the journal says instead; null when it says the same. */
export function checkNotice(ledger: Ledger, desk: PeerId, notice: DeskNotice): string | null {
  if (!('maker' in notice)) return null;
  const offer = offerKey(notice.maker, notice.offerId);
  const maker = ledger.maker(offer);
  const account = ledger.taker(offer, desk);
  const isTrue = notice.maker === desk ? makerTells(notice, maker) : takerTells(notice, account);
  return isTrue ? null : ((notice.maker === desk ? maker?.phase : account?.state.phase) ?? 'nothing');
}

type OfferNotice = Extract<DeskNotice, { maker: PeerId }>;

function makerTells(notice: OfferNotice, maker: ReturnType<Ledger['maker']>): boolean {
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
      return maker?.owed === null;
    default:
      return true;
  }
}

function takerTells(notice: OfferNotice, account: ReturnType<Ledger['taker']>): boolean {
  const { phase, epoch, reason, closedAs, truth } = account?.state ?? {};
  switch (notice.event) {
    case 'acceptance.sent':
      return phase !== undefined;
    case 'acceptance.withdrawn':
      return phase === 'withdrawn';
    case 'award.confirmed':
      return account?.confirmed.has(notice.epoch) === true;
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
