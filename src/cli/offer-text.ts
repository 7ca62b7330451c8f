/** Offers for people: one line each in a table, or in a sentence. */
import type { Offer } from '../control/contract.ts';
import { shortIds } from './short-ids.ts';
import { renderTable, type Column } from './table.ts';
import type { Screen } from './terminal.ts';
import { agoText, leftText } from './time-text.ts';

export type OfferScreen = Pick<Screen, 'width' | 'paint'>;

/** @param now milliseconds since 1970 */
export function offersTable(offers: readonly Offer[], { width, paint }: OfferScreen, now: number): string {
  const short = shortIds(offers.map(({ offerId }) => offerId));
  const peer = shortIds(offers.flatMap(({ maker, taker }) => (taker === null ? [maker] : [maker, taker])));
  const columns: readonly Column<Offer>[] = [
    { head: 'OFFER', value: ({ offerId }) => short(offerId) },
    { head: 'MAKER', value: ({ role, maker }) => (role === 'maker' ? 'you' : peer(maker)), spare: 0 },
    { head: 'TYPE', value: ({ type }) => type },
    { head: 'AMOUNT', value: ({ amount }) => amount, align: 'right' },
    { head: 'PAIR', value: ({ pair }) => pair ?? '-' },
    { head: 'PRICE', value: ({ unitPrice }) => unitPrice ?? '-', align: 'right' },
    { head: 'TOTAL', value: ({ total }) => total ?? '-', align: 'right', spare: 2 },
    { head: 'LEFT', value: (offer) => (hasEnded(offer) ? '-' : leftText(offer.expiresAt, now)), align: 'right' },
    { head: 'STATE', value: (offer) => painted(offer, stateText(offer, now, peer), paint), wordsMin: 12 },
    { head: 'SEEN', value: ({ lastSeenAt }) => (lastSeenAt === null ? '-' : agoText(lastSeenAt, now)), spare: 1 },
  ];
  return renderTable(columns, offers, width);
}

const ENDED: ReadonlySet<Offer['phase']> = new Set([
  'awarded',
  'cancelled',
  'expired',
  'closed',
  'won',
  'lost',
  'withdrawn',
  'gaveUp',
  'voided',
]);

export function hasEnded({ phase }: Pick<Offer, 'phase'>): boolean {
  return ENDED.has(phase);
}

/** A few words. */
export function stateText(offer: Offer, now: number, peer: (id: string) => string): string {
  const unverified = offer.verified || offer.phase === 'open' ? '' : ', unverified';
  return `${plainState(offer, now, peer)}${unverified}`;
}

function plainState(offer: Offer, now: number, peer: (id: string) => string): string {
  const { phase, inDoubt, taker, acceptancesWaiting, reason, expiresAt, isStale } = offer;
  if (inDoubt) return 'IN DOUBT';
  switch (phase) {
    case 'open':
      return acceptancesWaiting === 0 ? 'open' : `open, ${acceptancesWaiting} waiting`;
    case 'reserved':
      return `held for ${peer(taker ?? '')}`;
    case 'awarded':
      return `DEAL with ${peer(taker ?? '')}`;
    case 'seen':
      if (expiresAt !== null && expiresAt <= now) return 'over';
      return isStale ? 'maker gone?' : 'open';
    case 'accepting':
      return 'accepting';
    case 'queued':
      return 'in the queue';
    case 'confirmed':
      return 'confirmed';
    case 'won':
      return 'DEAL: yours';
    case 'lost':
      return `not yours: ${reason ?? 'lost'}`;
    case 'gaveUp':
      return `given up: ${reason ?? 'no answer'}`;
    case 'closed':
      return 'closed by hand';
    case 'cancelled':
    case 'expired':
    case 'withdrawn':
      return phase;
    case 'voided':
      return 'void';
  }
}

function painted({ inDoubt, phase, isStale }: Offer, text: string, paint: Screen['paint']): string {
  if (inDoubt) return paint.yellow(text);
  if (phase === 'awarded' || phase === 'won') return paint.green(text);
  return hasEnded({ phase }) || isStale ? paint.dim(text) : text;
}

/** `sell 1 BTC/USD at 8000 (total 8000)`. */
export function termsText({ type, amount, pair, unitPrice, total }: Offer): string {
  const what = [type, amount, pair].filter((part) => part !== null).join(' ');
  if (unitPrice === null) return what;
  return `${what} at ${unitPrice}${total === null || total === unitPrice ? '' : ` (total ${total})`}`;
}
