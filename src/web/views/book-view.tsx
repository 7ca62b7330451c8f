/** The book: every offer that this desk knows, live. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Offer } from '../../control/contract.ts';
import { keyOf } from '../data/book.ts';
import { book } from '../data/desk.ts';
import { openForm } from '../offer/offer-form.tsx';
import { go, place } from '../router.ts';
import { Button, Empty } from '../ui/controls.tsx';
import { useSeen, VirtualRows } from '../ui/virtual-rows.tsx';
import { BookFilters } from './book-filters.tsx';
import { clearFilters, isFiltered, order, shown, sortBy, type SortBy } from './book-order.ts';
import { OfferRow } from './offer-row.tsx';

const ROW_HEIGHT = 42;
const CARD_HEIGHT = 66;
/** Below this width a row is a card of two lines. */
const CARDS_BELOW = 560;

export function BookView() {
  return (
    <section class="view book" aria-labelledby="book-title">
      <header class="view-head">
        <h1 id="book-title">Book</h1>
        <span class="count" role="status">
          {countText(shown.value.length, book.offers.value.length)}
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
  return seen === all ? `${number(all)} offers` : `${number(seen)} of ${number(all)} offers`;
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
  const [cursor, setCursor] = useState(-1);
  const rowHeight = seen.width < CARDS_BELOW ? CARD_HEIGHT : ROW_HEIGHT;
  const open = place.value.offer;

  const move = (by: number): void => {
    const next = Math.max(0, Math.min(offers.length - 1, cursor + by));
    setCursor(next);
    const offer = offers[next];
    if (open !== null && offer !== undefined) go({ offer: keyOf(offer) });
    const element = box.current;
    if (element === null) return;
    const top = next * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + 2 * rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = top + 2 * rowHeight - element.clientHeight;
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(seen.height / rowHeight) - 2);
    const by = MOVES[event.key]?.(page, offers.length);
    if (by !== undefined) {
      event.preventDefault();
      move(by);
    } else if (event.key === 'Enter' && offers[cursor] !== undefined) go({ offer: keyOf(offers[cursor]) });
  };

  useEffect(() => {
    box.current?.focus({ preventScroll: true });
  }, []);

  return (
    <div
      ref={box}
      class={seen.width < CARDS_BELOW ? 'table cards' : 'table'}
      role="grid"
      tabIndex={0}
      aria-label="Offers"
      aria-rowcount={offers.length + 1}
      aria-activedescendant={cursor >= 0 && cursor < offers.length ? `row-${cursor}` : undefined}
      onKeyDown={onKeyDown}
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
              isCursor={cursor === index}
              onOpen={() => {
                setCursor(index);
                go({ offer: keyOf(offer) });
              }}
            />
          )}
        />
      )}
    </div>
  );
}

const MOVES: Readonly<Record<string, (page: number, all: number) => number>> = {
  ArrowDown: () => 1,
  j: () => 1,
  ArrowUp: () => -1,
  k: () => -1,
  PageDown: (page) => page,
  PageUp: (page) => -page,
  Home: (_, all) => -all,
  End: (_, all) => all,
};

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
