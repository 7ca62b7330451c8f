/** Deals summed up by pair, exactly. What is in doubt is not counted: it may be no deal; nor are jobs, which change no hands. */
import type { Deal } from '../../control/contract.ts';
import type { Decimal } from '../../protocol/ids.ts';
import { addDecimals } from '../../wire/decimal-arithmetic.ts';

export interface PairTotal {
  readonly pair: string;
  readonly deals: number;
  readonly bought: string;
  readonly sold: string;
  readonly paid: string;
  readonly received: string;
}

const NONE = '0';

export function totalsByPair(deals: readonly Deal[]): readonly PairTotal[] {
  const totals = new Map<string, PairTotal>();
  for (const deal of deals) {
    if (deal.inDoubt || deal.type === 'job') continue;
    const pair = deal.pair ?? '-';
    const so = totals.get(pair) ?? { pair, deals: 0, bought: NONE, sold: NONE, paid: NONE, received: NONE };
    totals.set(pair, added(so, deal));
  }
  return [...totals.values()].sort((left, right) => right.deals - left.deals);
}

function added(so: PairTotal, { role, type, amount, total }: Deal): PairTotal {
  const buys = (type === 'buy') === (role === 'maker');
  const money = total ?? NONE;
  const counted = { ...so, deals: so.deals + 1 };
  return buys
    ? { ...counted, bought: sum(so.bought, amount), paid: sum(so.paid, money) }
    : { ...counted, sold: sum(so.sold, amount), received: sum(so.received, money) };
}

function sum(left: string, right: string): string {
  return addDecimals(left as Decimal, right as Decimal);
}
