/** Offers, deals and known desks as tables. Times are compared with `now`, milliseconds since 1970. */
import type { Deal, Offer, PeerView } from '../control/contract.ts';
import { hasEnded } from '../control/contract/ended-phases.ts';
import { tradeText, noteOf, otherSide, resultText } from '../text/deal-text.ts';
import { harmless } from '../text/harmless.ts';
import { conditionText, priceOf, stateText, totalOf } from '../text/offer-text.ts';
import { shortIds } from '../text/short-ids.ts';
import { agoText, dateText, leftText, spanText } from '../text/time-text.ts';
import { renderTable, type Column } from './render-table.ts';
import type { Screen } from './terminal.ts';

type TableScreen = Pick<Screen, 'width' | 'paint'>;
type Paint = Screen['paint'];

export function offersTable(offers: readonly Offer[], { width, paint }: TableScreen, now: number): string {
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
    { head: 'REFERENCE', value: referenceOf, spare: 2.5, shrinks: true, isOptional: true },
    // Too long for a table; "offers ID" shows them.
    { head: 'DETAILS', value: ({ details }) => (details === null ? '-' : 'yes'), spare: 2.5, isOptional: true },
    { head: 'LEFT', value: (offer) => (hasEnded(offer) ? '-' : leftText(offer.expiresAt, now)), align: 'right' },
    { head: 'STATE', value: (offer) => paintedState(offer, stateText(offer, now, peer), paint), wordsMin: 12 },
    { head: 'AWARD', value: conditionText, spare: 1.5, isOptional: true },
    { head: 'SEEN', value: ({ lastSeenAt }) => (lastSeenAt === null ? '-' : agoText(lastSeenAt, now)), spare: 1 },
  ];
  return renderTable(columns, offers, width);
}

function paintedState({ inDoubt, phase, isStale }: Offer, text: string, paint: Paint): string {
  if (inDoubt) return paint.yellow(text);
  if (phase === 'awarded' || phase === 'won') return paint.green(text);
  return hasEnded({ phase }) || isStale ? paint.dim(text) : text;
}

function referenceOf({ reference }: Offer | Deal): string {
  return harmless(reference ?? '-');
}

export function dealsTable(deals: readonly Deal[], { width, paint }: TableScreen, now: number): string {
  const short = shortIds(deals.map(({ offerId }) => offerId));
  const peer = shortIds(deals.map(otherSide));
  const columns: readonly Column<Deal>[] = [
    { head: 'WHEN', value: ({ at }) => dateText(at) },
    { head: 'AGO', value: ({ at }) => agoText(at, now), align: 'right', spare: 3 },
    { head: 'OFFER', value: ({ offerId }) => short(offerId) },
    { head: 'YOU', value: tradeText },
    { head: 'AMOUNT', value: ({ amount }) => amount, align: 'right', shrinks: true },
    { head: 'PAIR', value: ({ pair }) => harmless(pair ?? '-'), shrinks: true },
    { head: 'PRICE', value: ({ unitPrice }) => unitPrice ?? '-', align: 'right', shrinks: true },
    { head: 'TOTAL', value: ({ total }) => total ?? '-', align: 'right', spare: 2, shrinks: true },
    { head: 'WITH', value: (deal) => peer(otherSide(deal)) },
    { head: 'REFERENCE', value: referenceOf, spare: 2.5, shrinks: true, isOptional: true },
    { head: 'RESULT', value: (deal) => paintedResult(resultText(deal), paint), isOptional: true },
    {
      head: 'NOTE',
      value: (deal) => (deal.inDoubt ? paint.yellow(noteOf(deal)) : noteOf(deal)),
      spare: 1,
      isOptional: true,
    },
  ];
  return renderTable(columns, deals, width);
}

function paintedResult(result: string, paint: Paint): string {
  return result === 'OVERDUE' || result === 'failed' ? paint.yellow(result) : result || '-';
}

export function peersTable(peers: readonly PeerView[], { width, paint }: TableScreen, now: number): string {
  const short = shortIds(peers.map(({ id }) => id));
  const columns: readonly Column<PeerView>[] = [
    { head: 'DESK', value: ({ id }) => short(id) },
    { head: 'SEEN', value: ({ lastSeenAt }) => agoText(lastSeenAt, now) },
    { head: 'UP', value: ({ upSince }) => (upSince === null ? '-' : spanText(now - upSince)), spare: 2 },
    { head: 'KNOWN', value: ({ firstSeenAt }) => agoText(firstSeenAt, now), spare: 3 },
    { head: 'OFFERS', value: ({ openOffers }) => String(openOffers), align: 'right' },
    { head: 'CLOCK', value: ({ clockOffsetMs }) => offsetText(clockOffsetMs), align: 'right', spare: 1 },
    { head: 'FAILURES', value: (peer) => (peer.failures > 0 ? paint.yellow(failureText(peer)) : '-') },
    { head: 'PROVEN', value: ({ verified }) => (verified ? 'yes' : 'no'), spare: 4 },
  ];
  return renderTable(columns, peers, width);
}

/** How far its clock is ahead of ours (+) or behind (-). */
function offsetText(offsetMs: number | null): string {
  if (offsetMs === null) return '-';
  const size = Math.abs(offsetMs);
  return `${offsetMs < 0 ? '-' : '+'}${size < 1000 ? `${size}ms` : spanText(size)}`;
}

function failureText({ failures, lastFailure }: PeerView): string {
  return lastFailure === null ? String(failures) : `${failures} ${harmless(lastFailure)}`;
}
