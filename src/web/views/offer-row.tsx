/** One offer in the book: a row, or a card of two lines where there is little room. */
import type { Offer } from '../../control/contract.ts';
import { harmless } from '../../text/harmless.ts';
import { hasEnded } from '../../control/contract/ended-phases.ts';
import { stateText } from '../../text/offer-text.ts';
import { now } from '../data/desk.ts';
import { Chip, type Tone } from '../ui/controls.tsx';
import { shortName, TimeLeft } from '../ui/names.tsx';
import type { RowPlace } from './row-table.tsx';

interface OfferRowProps extends RowPlace {
  readonly offer: Offer;
}

export function OfferRow({ offer, index, top, isOpen, isCursor, onOpen }: OfferRowProps) {
  const { role, type, amount, pair, unitPrice, total, maker, expiresAt } = offer;
  return (
    <div
      id={`row-${index}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isOpen}
      class={classOf(offer, isOpen, isCursor)}
      style={{ transform: `translateY(${top}px)` }}
      onClick={onOpen}
    >
      <span role="gridcell" class="c-type">
        <Chip tone={type === 'job' ? 'accent' : type}>{type}</Chip>
      </span>
      <span role="gridcell" class="c-amount number strong">
        {amount}
      </span>
      <span role="gridcell" class="c-pair">
        {harmless(pair ?? '-')}
      </span>
      <span role="gridcell" class="c-unitPrice number">
        {unitPrice ?? '-'}
      </span>
      <span role="gridcell" class="c-total number soft">
        {total ?? '-'}
      </span>
      <span role="gridcell" class="c-maker">
        {role === 'maker' ? <b class="you">you</b> : <code>{shortName(maker)}</code>}
      </span>
      <span role="gridcell" class="c-phase">
        <StateChip offer={offer} />
        <Marks offer={offer} />
      </span>
      <span role="gridcell" class="c-expiresAt number">
        {hasEnded(offer) ? '-' : <TimeLeft until={expiresAt} />}
      </span>
    </div>
  );
}

function classOf({ role, phase, inDoubt, isStale }: Offer, isOpen: boolean, isCursor: boolean): string {
  const marks = {
    row: true,
    mine: role === 'maker',
    open: isOpen,
    cursor: isCursor,
    dim: !inDoubt && (isStale || hasEnded({ phase })),
  };
  return Object.entries(marks)
    .filter(([, is]) => is)
    .map(([name]) => name)
    .join(' ');
}

export function StateChip({ offer }: { readonly offer: Offer }) {
  return <Chip tone={toneOf(offer)}>{harmless(stateText(offer, now.value, shortName))}</Chip>;
}

function toneOf({ inDoubt, phase, isStale, acceptancesWaiting }: Offer): Tone {
  if (inDoubt) return 'warn';
  if (phase === 'awarded' || phase === 'won') return 'good';
  if (phase === 'lost' || phase === 'gaveUp') return 'bad';
  if (phase === 'reserved' || phase === 'accepting' || phase === 'queued' || phase === 'confirmed') return 'accent';
  return acceptancesWaiting > 0 && !isStale ? 'accent' : 'plain';
}

/** What else is worth a glance. */
function Marks({ offer: { to, role, award } }: { readonly offer: Offer }) {
  return (
    <>
      {to !== null && <Chip tone="accent">{role === 'taker' ? 'for you' : `for ${to.length}`}</Chip>}
      {award !== 'first' && <Chip tone="note">{award === 'best' ? 'best bid' : 'by choice'}</Chip>}
    </>
  );
}
