/** Offers as a table. */
import type { Offer } from '../control/contract.ts';
import { harmless } from '../text/harmless.ts';
import { hasEnded } from '../control/contract/ended-phases.ts';
import { conditionText, priceOf, stateText, totalOf } from '../text/offer-text.ts';
import { shortIds } from '../text/short-ids.ts';
import { agoText, leftText } from '../text/time-text.ts';
import { renderTable, type Column } from './table.ts';
import type { Screen } from './terminal.ts';

type OfferScreen = Pick<Screen, 'width' | 'paint'>;

/** @param now milliseconds since 1970 */
export function offersTable(offers: readonly Offer[], { width, paint }: OfferScreen, now: number): string {
  const short = shortIds(offers.map(({ offerId }) => offerId));
  const peer = shortIds(offers.flatMap(({ maker, taker }) => (taker === null ? [maker] : [maker, taker])));
  const columns: readonly Column<Offer>[] = [
    { head: 'OFFER', value: ({ offerId }) => short(offerId) },
    { head: 'MAKER', value: ({ role, maker }) => (role === 'maker' ? 'you' : peer(maker)), spare: 0 },
    { head: 'TYPE', value: ({ type }) => type },
    { head: 'AMOUNT', value: ({ amount }) => amount, align: 'right', shrinks: true },
    { head: 'PAIR', value: ({ pair }) => harmless(pair ?? '-'), shrinks: true },
    { head: 'PRICE', value: (offer) => priceOf(offer) ?? '-', align: 'right', shrinks: true },
    { head: 'TOTAL', value: (offer) => totalOf(offer) ?? '-', align: 'right', spare: 2, shrinks: true },
    { head: 'REFERENCE', value: ({ reference }) => harmless(reference ?? '-'), spare: 2.5, shrinks: true },
    // Too long for a table; "offers ID" shows them.
    { head: 'DETAILS', value: ({ details }) => (details === null ? '-' : 'yes'), spare: 2.5 },
    { head: 'LEFT', value: (offer) => (hasEnded(offer) ? '-' : leftText(offer.expiresAt, now)), align: 'right' },
    { head: 'STATE', value: (offer) => painted(offer, stateText(offer, now, peer), paint), wordsMin: 12 },
    { head: 'AWARD', value: conditionText, spare: 1.5 },
    { head: 'SEEN', value: ({ lastSeenAt }) => (lastSeenAt === null ? '-' : agoText(lastSeenAt, now)), spare: 1 },
  ];
  // A column without any value is left out.
  const unneeded = [
    ...(offers.some((offer) => conditionText(offer) !== '') ? [] : ['AWARD']),
    ...(offers.some(({ reference }) => reference !== null) ? [] : ['REFERENCE']),
    ...(offers.some(({ details }) => details !== null) ? [] : ['DETAILS']),
  ];
  const needed = columns.filter(({ head }) => !unneeded.includes(head));
  return renderTable(needed, offers, width);
}

function painted({ inDoubt, phase, isStale }: Offer, text: string, paint: Screen['paint']): string {
  if (inDoubt) return paint.yellow(text);
  if (phase === 'awarded' || phase === 'won') return paint.green(text);
  return hasEnded({ phase }) || isStale ? paint.dim(text) : text;
}
