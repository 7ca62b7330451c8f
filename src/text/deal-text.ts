/** Deals in words, and as comma-separated values for spreadsheets. */
import type { Deal } from '../control/contract.ts';

/** The desk that the deal is with. */
export function otherSide({ role, maker, taker }: Deal): string {
  return role === 'maker' ? taker : maker;
}

/** What this desk did. The type of an offer is what its maker does. */
export function deed({ role, type, inDoubt }: Deal): string {
  const buys = (type === 'buy') === (role === 'maker');
  if (inDoubt) return buys ? 'buy?' : 'sell?';
  return buys ? 'bought' : 'sold';
}

/** Empty when there is nothing to note. */
export function noteOf({ inDoubt, byHand, verified }: Deal): string {
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
