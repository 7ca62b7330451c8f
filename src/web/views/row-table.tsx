/** A table of many offers or deals. It renders only the visible rows, and has a keyboard cursor. */
import type { ComponentChildren } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { keyOf } from '../data/book.ts';
import { navigate, route } from '../router.ts';
import { useRowCursor } from '../ui/row-cursor.ts';
import { rowHeightOf, useViewport, VirtualRows } from '../ui/virtual-rows.tsx';

/** The position and state of a row. */
export interface RowPosition {
  readonly index: number;
  /** Pixels from the first row. */
  readonly top: number;
  readonly isOpen: boolean;
  readonly isCursor: boolean;
  readonly onOpen: () => void;
}

interface TableRowProps {
  readonly position: RowPosition;
  readonly kind: string;
  readonly cells: readonly (readonly [kind: string, content: ComponentChildren])[];
}

/** @param kind a CSS class, of the row and of each cell */
export function TableRow({ position: { index, top, isOpen, isCursor, onOpen }, kind, cells }: TableRowProps) {
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
  readonly render: (row: Row, position: RowPosition) => ComponentChildren;
  /** Shown if there are no rows. */
  readonly empty?: ComponentChildren;
}

type Named = Parameters<typeof keyOf>[0];

export function RowTable<Row extends Named>({ label, rows, head, render, empty }: RowTableProps<Row>) {
  const box = useRef<HTMLDivElement>(null);
  const viewport = useViewport(box);
  const rowHeight = rowHeightOf(viewport);
  const keys = useMemo(() => rows.map(keyOf), [rows]);
  const cursor = useRowCursor({ box, rowHeight, height: viewport.height, keys, onMove: follow, onOpen: show });
  const positionOf = (row: Row, index: number, top: number): RowPosition => ({
    index,
    top,
    isOpen: route.value.offer === keyOf(row),
    isCursor: cursor.index === index,
    onOpen: () => {
      cursor.moveTo(keyOf(row));
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
        <div role="row">
          <div role="gridcell">{empty}</div>
        </div>
      ) : (
        <VirtualRows
          rows={rows}
          rowHeight={rowHeight}
          viewport={viewport}
          render={(row, index, top) => render(row, positionOf(row, index, top))}
        />
      )}
    </div>
  );
}

function show(offer: string): void {
  navigate({ offer });
}

/** If the panel is open, it shows the row of the cursor. */
function follow(offer: string): void {
  if (route.value.offer !== null) show(offer);
}
