/** The deals as a table, the latest first. */
import type { Deal } from '../../control/contract.ts';
import { deed, noteOf, otherSide } from '../../text/deal-text.ts';
import { harmless } from '../../text/harmless.ts';
import { dateText } from '../../text/time-text.ts';
import { keyOf } from '../data/book.ts';
import { Chip, type Tone } from '../ui/controls.tsx';
import { shortName } from '../ui/names.tsx';
import { RowTable, type RowPlace } from './row-table.tsx';

const HEADS = ['When', 'You', 'Amount', 'Pair', 'Price', 'Total', 'With', 'Note'];

export function DealTable({ deals }: { readonly deals: readonly Deal[] }) {
  return (
    <RowTable
      label="Deals"
      rows={deals}
      head={<DealHead />}
      render={(deal, at) => <DealRow key={keyOf(deal)} deal={deal} {...at} />}
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

interface DealRowProps extends RowPlace {
  readonly deal: Deal;
}

function DealRow({ deal, index, top, isOpen, isCursor, onOpen }: DealRowProps) {
  return (
    <div
      id={`row-${index}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isOpen}
      class={`row deal${isOpen ? ' open' : ''}${isCursor ? ' cursor' : ''}`}
      style={{ transform: `translateY(${top}px)` }}
      onClick={onOpen}
    >
      <span role="gridcell" class="d-when soft">
        {dateText(deal.at)}
      </span>
      <span role="gridcell" class="d-you">
        <Chip tone={toneOf(deal)}>{deed(deal)}</Chip>
      </span>
      <span role="gridcell" class="d-amount strong">
        {deal.amount}
      </span>
      <span role="gridcell" class="d-pair">
        {harmless(deal.pair ?? '-')}
      </span>
      <span role="gridcell" class="d-price">
        {deal.unitPrice ?? '-'}
      </span>
      <span role="gridcell" class="d-total">
        {deal.total ?? '-'}
      </span>
      <span role="gridcell" class="d-with">
        <code>{shortName(otherSide(deal))}</code>
      </span>
      <span role="gridcell" class="d-note soft">
        <ResultChip deal={deal} /> {noteOf(deal)}
      </span>
    </div>
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
