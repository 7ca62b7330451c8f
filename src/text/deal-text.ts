/** Deals as text, and as comma-separated values for spreadsheets. */
import type { Deal } from '../control/contract.ts';

/** The other desk of the deal. */
export function otherSide({ role, maker, taker }: Deal): string {
  return role === 'maker' ? taker : maker;
}

/** What this desk does in the deal: `bought`, `sell?`, `job taken`. (The type of an offer is what its maker does.) */
export function tradeText({ role, type, inDoubt }: Deal): string {
  if (type === 'job') return `job ${role === 'maker' ? 'given' : 'taken'}${inDoubt ? '?' : ''}`;
  const buys = (type === 'buy') === (role === 'maker');
  if (inDoubt) return buys ? 'buy?' : 'sell?';
  return buys ? 'bought' : 'sold';
}

/** Empty if no report is expected. */
export function resultText({ result, isOverdue, doneWithinMs, reference, type }: Deal): string {
  if (result === null) return '';
  if (result !== 'open') return result;
  if (isOverdue) return 'OVERDUE';
  return doneWithinMs !== null || reference !== null || type === 'job' ? 'open' : '';
}

/** Empty if there is nothing to note. */
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
  'reference',
  'attempt',
  'result',
  'isOverdue',
  'details',
] as const satisfies readonly (keyof Deal)[];

/** RFC 4180, with times in ISO 8601. Without a final end of line. */
export function dealsCsv(deals: readonly Deal[]): string {
  const lines = deals.map((deal) => FIELDS.map((field) => quoted(cellOf(deal, field))));
  return [FIELDS, ...lines].map((cells) => cells.join(',')).join('\r\n');
}

function cellOf(deal: Deal, field: (typeof FIELDS)[number]): string {
  if (field === 'at') return new Date(deal.at).toISOString();
  if (field !== 'details') return String(deal[field] ?? '');
  const { details } = deal;
  return typeof details === 'string' ? details : details === null ? '' : JSON.stringify(details);
}

/** Names come from other desks, and a spreadsheet would run a text that begins like a formula. */
function quoted(text: string): string {
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
