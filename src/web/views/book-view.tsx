/** The book: all offers that this desk knows, live. */
import { keyOf } from '../data/book.ts';
import { book } from '../data/desk.ts';
import { Button, EmptyState } from '../ui/controls.tsx';
import { BookFilters } from './book-filters.tsx';
import { clearFilters, isFiltered, listed, order, shown, sortBy, type SortBy } from './book-order.ts';
import { OfferRow } from './offer-row.tsx';
import { RowTable } from './row-table.tsx';
import { NewOfferButton, View } from './view.tsx';

export function BookView() {
  const head = (
    <>
      <span class="count" role="status">
        {countText(shown.value.length, listed.value.length)}
      </span>
      <NewOfferButton />
    </>
  );
  return (
    <View name="book" head={head}>
      <BookFilters />
      <RowTable
        label="Offers"
        rows={shown.value}
        head={<OfferHead />}
        render={(offer, position) => <OfferRow key={keyOf(offer)} offer={offer} position={position} />}
        empty={<NoOffers />}
      />
    </View>
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

function OfferHead() {
  return (
    <div role="row" class="row head" aria-rowindex={1}>
      {COLUMNS.map(([by, head, isNumber]) => (
        <span key={by} role="columnheader" class={`c-${by}${isNumber ? ' number' : ''}`} aria-sort={sorted(by)}>
          <button type="button" tabIndex={-1} onClick={() => sortBy(by)}>
            {head}
            <i class="arrow" aria-hidden="true">
              {order.value.by === by ? (order.value.down ? '↓' : '↑') : ''}
            </i>
          </button>
        </span>
      ))}
    </div>
  );
}

function sorted(by: SortBy): 'ascending' | 'descending' | 'none' {
  if (order.value.by !== by) return 'none';
  return order.value.down ? 'descending' : 'ascending';
}

function NoOffers() {
  if (!book.isLoaded.value) return <EmptyState title="Loading the book" />;
  if (isFiltered.value)
    return (
      <EmptyState title="No offer matches these filters">
        <Button onClick={clearFilters}>Show all offers</Button>
      </EmptyState>
    );
  return (
    <EmptyState title="No offers yet">
      <p>Offers of other desks appear here when they are announced.</p>
      <p>
        Press <kbd>n</kbd> to make an offer.
      </p>
    </EmptyState>
  );
}
