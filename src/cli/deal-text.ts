/** Deals as a table for people, and as comma-separated values for spreadsheets. */
import type { Deal } from '../control/contract.ts';
import { shortIds } from './short-ids.ts';
import { renderTable, type Column } from './table.ts';
import type { Screen } from './terminal.ts';
import { agoText, dateText } from './time-text.ts';

export function dealsTable(deals: readonly Deal[], { width, paint }: Pick<Screen, 'width' | 'paint'>, now: number) {
  const short = shortIds(deals.map(({ offerId }) => offerId));
  const peer = shortIds(deals.map(otherSide));
  const columns: readonly Column<Deal>[] = [
    { head: 'WHEN', value: ({ at }) => dateText(at) },
    { head: 'AGO', value: ({ at }) => agoText(at, now), align: 'right', spare: 3 },
    { head: 'OFFER', value: ({ offerId }) => short(offerId) },
    { head: 'YOU', value: deed },
    { head: 'AMOUNT', value: ({ amount }) => amount, align: 'right' },
    { head: 'PAIR', value: ({ pair }) => pair ?? '-' },
    { head: 'PRICE', value: ({ unitPrice }) => unitPrice ?? '-', align: 'right' },
    { head: 'TOTAL', value: ({ total }) => total ?? '-', align: 'right', spare: 2 },
    { head: 'WITH', value: (deal) => peer(otherSide(deal)) },
    { head: 'NOTE', value: (deal) => (deal.inDoubt ? paint.yellow(noteOf(deal)) : noteOf(deal)), spare: 1 },
  ];
  // Where there is nothing to note, there is no column for it.
  const needed = deals.some((deal) => noteOf(deal) !== '') ? columns : columns.slice(0, -1);
  return renderTable(needed, deals, width);
}

function otherSide({ role, maker, taker }: Deal): string {
  return role === 'maker' ? taker : maker;
}

/** The type of an offer is what its maker does. */
function deed({ role, type, inDoubt }: Deal): string {
  const buys = (type === 'buy') === (role === 'maker');
  if (inDoubt) return buys ? 'buy?' : 'sell?';
  return buys ? 'bought' : 'sold';
}

function noteOf({ inDoubt, byHand, verified }: Deal): string {
  const notes = [inDoubt ? ['IN DOUBT'] : [], byHand ? ['by hand'] : [], verified ? [] : ['unverified']];
  return notes.flat().join(', ');
}

const FIELDS = [
  'at',
  'role',
  'offerId',
  'maker',
  'taker',
  'type',
  'amount',
  'pair',
  'unitPrice',
  'total',
  'inDoubt',
  'byHand',
  'verified',
] as const satisfies readonly (keyof Deal)[];

/** RFC 4180, times in ISO 8601. Without an end of line. */
export function dealsCsv(deals: readonly Deal[]): string {
  const lines = deals.map((deal) =>
    FIELDS.map((field) => quoted(field === 'at' ? new Date(deal.at).toISOString() : String(deal[field] ?? ''))),
  );
  return [FIELDS, ...lines].map((cells) => cells.join(',')).join('\r\n');
}

/** What begins like a formula is one to a spreadsheet, and a name comes from others. */
function quoted(text: string): string {
  const harmless = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
