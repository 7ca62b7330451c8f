/** Deals as a table for people. */
import type { Deal } from '../control/contract.ts';
import { deed, noteOf, otherSide, resultText } from '../text/deal-text.ts';
import { harmless } from '../text/harmless.ts';
import { shortIds } from '../text/short-ids.ts';
import { agoText, dateText } from '../text/time-text.ts';
import { renderTable, type Column } from './table.ts';
import type { Screen } from './terminal.ts';

export function dealsTable(deals: readonly Deal[], { width, paint }: Pick<Screen, 'width' | 'paint'>, now: number) {
  const short = shortIds(deals.map(({ offerId }) => offerId));
  const peer = shortIds(deals.map(otherSide));
  const columns: readonly Column<Deal>[] = [
    { head: 'WHEN', value: ({ at }) => dateText(at) },
    { head: 'AGO', value: ({ at }) => agoText(at, now), align: 'right', spare: 3 },
    { head: 'OFFER', value: ({ offerId }) => short(offerId) },
    { head: 'YOU', value: deed },
    { head: 'AMOUNT', value: ({ amount }) => amount, align: 'right', shrinks: true },
    { head: 'PAIR', value: ({ pair }) => harmless(pair ?? '-'), shrinks: true },
    { head: 'PRICE', value: ({ unitPrice }) => unitPrice ?? '-', align: 'right', shrinks: true },
    { head: 'TOTAL', value: ({ total }) => total ?? '-', align: 'right', spare: 2, shrinks: true },
    { head: 'WITH', value: (deal) => peer(otherSide(deal)) },
    { head: 'REFERENCE', value: ({ reference }) => harmless(reference ?? '-'), spare: 2.5, shrinks: true },
    { head: 'RESULT', value: (deal) => painted(deal, paint) },
    { head: 'NOTE', value: (deal) => (deal.inDoubt ? paint.yellow(noteOf(deal)) : noteOf(deal)), spare: 1 },
  ];
  // A column without any value is left out.
  const unneeded = [
    ...(deals.some((deal) => noteOf(deal) !== '') ? [] : ['NOTE']),
    ...(deals.some(({ reference }) => reference !== null) ? [] : ['REFERENCE']),
    ...(deals.some((deal) => resultText(deal) !== '') ? [] : ['RESULT']),
  ];
  const needed = columns.filter(({ head }) => !unneeded.includes(head));
  return renderTable(needed, deals, width);
}

function painted(deal: Deal, paint: Screen['paint']): string {
  const text = resultText(deal);
  return text === 'OVERDUE' || text === 'failed' ? paint.yellow(text) : text || '-';
}
