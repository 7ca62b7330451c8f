/** Exact totals of the deals by pair. Doubts, which may not be deals, and jobs, which are not traded, do not count. */
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
    const before = totals.get(pair) ?? { pair, deals: 0, bought: NONE, sold: NONE, paid: NONE, received: NONE };
    totals.set(pair, added(before, deal));
  }
  return [...totals.values()].sort((left, right) => right.deals - left.deals);
}

function added(before: PairTotal, { role, type, amount, total }: Deal): PairTotal {
  const buys = (type === 'buy') === (role === 'maker');
  const money = total ?? NONE;
  const counted = { ...before, deals: before.deals + 1 };
  return buys
    ? { ...counted, bought: sum(before.bought, amount), paid: sum(before.paid, money) }
    : { ...counted, sold: sum(before.sold, amount), received: sum(before.received, money) };
}

function sum(left: string, right: string): string {
  return addDecimals(left as Decimal, right as Decimal);
}
