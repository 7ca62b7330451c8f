/** One offer in the book: a row, or a card of two lines on a narrow screen. */
import type { Offer } from '../../control/contract.ts';
import { harmless } from '../../text/harmless.ts';
import { hasEnded } from '../../control/contract/ended-phases.ts';
import { stateText } from '../../text/offer-text.ts';
import { now } from '../data/desk.ts';
import { Chip, type Tone } from '../ui/controls.tsx';
import { shortName, TimeLeft } from '../ui/names.tsx';
import { TableRow, type RowPosition } from './row-table.tsx';

export function OfferRow({ offer, position }: { readonly offer: Offer; readonly position: RowPosition }) {
  const { role, type, amount, pair, unitPrice, total, maker, expiresAt } = offer;
  const isDim = !offer.inDoubt && (offer.isStale || hasEnded(offer));
  return (
    <TableRow
      position={position}
      kind={`${role === 'maker' ? 'mine' : ''}${isDim ? ' dim' : ''}`}
      cells={[
        ['c-type', <Chip tone={type === 'job' ? 'accent' : type}>{type}</Chip>],
        ['c-amount number strong', amount],
        ['c-pair', harmless(pair ?? '-')],
        ['c-unitPrice number', unitPrice ?? '-'],
        ['c-total number soft', total ?? '-'],
        ['c-maker', role === 'maker' ? <b class="you">you</b> : <code>{shortName(maker)}</code>],
        [
          'c-phase',
          <>
            <StateChip offer={offer} />
            <Marks offer={offer} />
          </>,
        ],
        ['c-expiresAt number', hasEnded(offer) ? '-' : <TimeLeft until={expiresAt} />],
      ]}
    />
  );
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

/** Addressees, and an award policy other than "first". */
function Marks({ offer: { to, role, award } }: { readonly offer: Offer }) {
  return (
    <>
      {to !== null && <Chip tone="accent">{role === 'taker' ? 'for you' : `for ${to.length}`}</Chip>}
      {award !== 'first' && <Chip tone="note">{award === 'best' ? 'best bid' : 'by choice'}</Chip>}
    </>
  );
}
