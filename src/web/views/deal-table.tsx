/** The table of deals, the latest first. */
import type { Deal } from '../../control/contract.ts';
import { tradeText, noteOf, otherSide } from '../../text/deal-text.ts';
import { harmless } from '../../text/harmless.ts';
import { dateText } from '../../text/time-text.ts';
import { keyOf } from '../data/book.ts';
import { Chip, type Tone } from '../ui/controls.tsx';
import { shortName } from '../ui/names.tsx';
import { RowTable, TableRow, type RowPosition } from './row-table.tsx';

const HEADS = ['When', 'You', 'Amount', 'Pair', 'Price', 'Total', 'With', 'Note'];

export function DealTable({ deals }: { readonly deals: readonly Deal[] }) {
  return (
    <RowTable
      label="Deals"
      rows={deals}
      head={<DealHead />}
      render={(deal, position) => <DealRow key={keyOf(deal)} deal={deal} position={position} />}
    />
  );
}

function DealHead() {
  return (
    <div role="row" class="row deal head" aria-rowindex={1}>
      {HEADS.map((head) => (
        <span key={head} role="columnheader" class={`d-${head.toLowerCase()}`}>
          {head}
        </span>
      ))}
    </div>
  );
}

function DealRow({ deal, position }: { readonly deal: Deal; readonly position: RowPosition }) {
  return (
    <TableRow
      position={position}
      kind="deal"
      cells={[
        ['d-when soft', dateText(deal.at)],
        ['d-you', <Chip tone={toneOf(deal)}>{tradeText(deal)}</Chip>],
        ['d-amount strong', deal.amount],
        ['d-pair', harmless(deal.pair ?? '-')],
        ['d-price', deal.unitPrice ?? '-'],
        ['d-total', deal.total ?? '-'],
        ['d-with', <code>{shortName(otherSide(deal))}</code>],
        [
          'd-note soft',
          <>
            <ResultChip deal={deal} /> {noteOf(deal)}
          </>,
        ],
      ]}
    />
  );
}

function toneOf({ inDoubt, type, role }: Deal): Tone {
  if (inDoubt) return 'warn';
  if (type === 'job') return 'accent';
  return (type === 'buy') === (role === 'maker') ? 'buy' : 'sell';
}

function ResultChip({ deal: { result, isOverdue } }: { readonly deal: Deal }) {
  if (isOverdue) return <Chip tone="warn">overdue</Chip>;
  if (result === 'failed') return <Chip tone="bad">failed</Chip>;
  return result === 'done' ? <Chip tone="good">done</Chip> : null;
}
