/** The book: every offer that this desk knows, live. */
import { useMemo, useRef } from 'preact/hooks';
import type { Offer } from '../../control/contract.ts';
import { keyOf } from '../data/book.ts';
import { book } from '../data/desk.ts';
import { openForm } from '../offer/offer-form.tsx';
import { go, place } from '../router.ts';
import { Button, Empty } from '../ui/controls.tsx';
import { useRowCursor } from '../ui/row-cursor.ts';
import { rowHeightOf, useSeen, VirtualRows } from '../ui/virtual-rows.tsx';
import { BookFilters } from './book-filters.tsx';
import { clearFilters, isFiltered, listed, order, shown, sortBy, type SortBy } from './book-order.ts';
import { OfferRow } from './offer-row.tsx';

export function BookView() {
  return (
    <section class="view book" aria-labelledby="book-title">
      <header class="view-head">
        <h1 id="book-title">Book</h1>
        <span class="count" role="status">
          {countText(shown.value.length, listed.value.length)}
        </span>
        <span class="spring" />
        <Button kind="primary" icon="plus" shortcut="n" onClick={openForm}>
          New offer
        </Button>
      </header>
      <BookFilters />
      <OfferTable offers={shown.value} />
    </section>
  );
}

function countText(seen: number, all: number): string {
  const number = (count: number): string => count.toLocaleString('en-GB');
  return `${seen === all ? '' : `${number(seen)} of `}${number(all)} ${all === 1 ? 'offer' : 'offers'}`;
}

const COLUMNS: readonly (readonly [by: SortBy, head: string, isNumber: boolean])[] = [
  ['type', 'Type', false],
  ['amount', 'Amount', true],
  ['pair', 'Pair', false],
  ['unitPrice', 'Price', true],
  ['total', 'Total', true],
  ['maker', 'Maker', false],
  ['phase', 'State', false],
  ['expiresAt', 'Left', true],
];

function OfferTable({ offers }: { readonly offers: readonly Offer[] }) {
  const box = useRef<HTMLDivElement>(null);
  const seen = useSeen(box);
  const rowHeight = rowHeightOf(seen);
  const open = place.value.offer;
  const keys = useMemo(() => offers.map(keyOf), [offers]);
  const show = (offer: string): void => {
    go({ offer });
  };
  const cursor = useRowCursor({
    box,
    rowHeight,
    height: seen.height,
    keys,
    // Where one is open beside the table, it follows.
    onMove: (key) => {
      if (open !== null) show(key);
    },
    onOpen: show,
  });

  return (
    <div
      ref={box}
      class="table"
      role="grid"
      tabIndex={0}
      aria-label="Offers"
      aria-rowcount={offers.length + 1}
      aria-activedescendant={cursor.index >= 0 ? `row-${cursor.index}` : undefined}
      onKeyDown={cursor.onKeyDown}
    >
      <div role="rowgroup" class="table-head">
        <div role="row" class="row head" aria-rowindex={1}>
          {COLUMNS.map(([by, head, isNumber]) => (
            <span key={by} role="columnheader" class={`c-${by}${isNumber ? ' number' : ''}`} aria-sort={sorted(by)}>
              <button
                type="button"
                tabIndex={-1}
                onClick={() => {
                  sortBy(by);
                }}
              >
                {head}
                <i class="arrow" aria-hidden="true">
                  {order.value.by === by ? (order.value.down ? '↓' : '↑') : ''}
                </i>
              </button>
            </span>
          ))}
        </div>
      </div>
      {offers.length === 0 ? (
        <NoOffers />
      ) : (
        <VirtualRows
          rows={offers}
          rowHeight={rowHeight}
          seen={seen}
          render={(offer, index, top) => (
            <OfferRow
              key={keyOf(offer)}
              offer={offer}
              index={index}
              top={top}
              isOpen={open === keyOf(offer)}
              isCursor={cursor.index === index}
              onOpen={() => {
                cursor.put(keyOf(offer));
                show(keyOf(offer));
              }}
            />
          )}
        />
      )}
    </div>
  );
}

function sorted(by: SortBy): 'ascending' | 'descending' | 'none' {
  if (order.value.by !== by) return 'none';
  return order.value.down ? 'descending' : 'ascending';
}

function NoOffers() {
  return (
    <div role="row" class="no-rows">
      <div role="gridcell">{emptyText()}</div>
    </div>
  );
}

function emptyText() {
  if (!book.isLoaded.value) return <Empty title="Loading the book" />;
  if (isFiltered.value)
    return (
      <Empty title="Nothing fits these filters">
        <Button onClick={clearFilters}>Show all offers</Button>
      </Empty>
    );
  return (
    <Empty title="Nobody offers anything yet">
      <p>Offers of other desks appear here as they are announced.</p>
      <p>
        Press <kbd>n</kbd> to make the first one.
      </p>
    </Empty>
  );
}
