/** A table of many offers or deals, of which the rows in view are drawn, and in which keys move. */
import type { ComponentChildren } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { keyOf } from '../data/book.ts';
import { go, place } from '../router.ts';
import { useRowCursor } from '../ui/row-cursor.ts';
import { rowHeightOf, useSeen, VirtualRows } from '../ui/virtual-rows.tsx';

/** Where a row stands. */
export interface RowPlace {
  readonly index: number;
  /** In pixels, from the first row. */
  readonly top: number;
  readonly isOpen: boolean;
  readonly isCursor: boolean;
  readonly onOpen: () => void;
}

interface TableRowProps {
  readonly place: RowPlace;
  readonly kind: string;
  readonly cells: readonly (readonly [kind: string, content: ComponentChildren])[];
}

/** One row; `kind` is a class, of the row and of each cell. */
export function TableRow({ place: { index, top, isOpen, isCursor, onOpen }, kind, cells }: TableRowProps) {
  return (
    <div
      id={`row-${index}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isOpen}
      class={`row ${kind}${isOpen ? ' open' : ''}${isCursor ? ' cursor' : ''}`}
      style={{ transform: `translateY(${top}px)` }}
      onClick={onOpen}
    >
      {cells.map(([cell, content]) => (
        <span key={cell} role="gridcell" class={cell}>
          {content}
        </span>
      ))}
    </div>
  );
}

interface RowTableProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  /** The row of the heads. */
  readonly head: ComponentChildren;
  readonly render: (row: Row, place: RowPlace) => ComponentChildren;
  /** Shown in place of rows when there are none. */
  readonly empty?: ComponentChildren;
}

type Named = Parameters<typeof keyOf>[0];

export function RowTable<Row extends Named>({ label, rows, head, render, empty }: RowTableProps<Row>) {
  const box = useRef<HTMLDivElement>(null);
  const seen = useSeen(box);
  const rowHeight = rowHeightOf(seen);
  const keys = useMemo(() => rows.map(keyOf), [rows]);
  const cursor = useRowCursor({ box, rowHeight, height: seen.height, keys, onMove: follow, onOpen: show });
  const placeOf = (row: Row, index: number, top: number): RowPlace => ({
    index,
    top,
    isOpen: place.value.offer === keyOf(row),
    isCursor: cursor.index === index,
    onOpen: () => {
      cursor.put(keyOf(row));
      show(keyOf(row));
    },
  });
  return (
    <div
      ref={box}
      class="table"
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={rows.length + 1}
      aria-activedescendant={cursor.index >= 0 ? `row-${cursor.index}` : undefined}
      onKeyDown={cursor.onKeyDown}
    >
      <div role="rowgroup" class="table-head">
        {head}
      </div>
      {rows.length === 0 && empty !== undefined ? (
        empty
      ) : (
        <VirtualRows
          rows={rows}
          rowHeight={rowHeight}
          seen={seen}
          render={(row, index, top) => render(row, placeOf(row, index, top))}
        />
      )}
    </div>
  );
}

function show(offer: string): void {
  go({ offer });
}

/** Where one is open beside the table, it follows. */
function follow(offer: string): void {
  if (place.value.offer !== null) show(offer);
}
