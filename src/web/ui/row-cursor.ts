/** A keyboard cursor in a table of many rows. It stays at its row when rows above are added or removed. */
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface RowCursorInit {
  readonly box: RefObject<HTMLElement | null>;
  /** Pixels. */
  readonly rowHeight: number;
  /** The height of the visible rows, in pixels. */
  readonly height: number;
  /** The unique keys of the rows, in order. */
  readonly keys: readonly string[];
  readonly onMove: (key: string) => void;
  readonly onOpen: (key: string) => void;
}

interface Cursor {
  readonly key: string;
  /** The index at the last move, where the cursor stays if its row is removed. */
  readonly index: number;
}

/** @returns also the index of the cursor's row; -1 before the first move */
export function useRowCursor({ box, rowHeight, height, keys, onMove, onOpen }: RowCursorInit) {
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const index = cursor === null ? -1 : indexOf(keys, cursor);

  useEffect(() => box.current?.focus({ preventScroll: true }), []);

  const move = (by: number): void => {
    const next = Math.max(0, Math.min(keys.length - 1, index + by));
    const key = keys[next];
    if (key === undefined) return;
    setCursor({ key, index: next });
    onMove(key);
    if (box.current !== null) reveal(box.current, next, rowHeight);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    // The browser handles keys with modifiers.
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(height / rowHeight) - 2);
    const by = MOVES[event.key]?.(page, keys.length);
    const key = keys[index];
    if (by !== undefined) {
      event.preventDefault();
      move(by);
    } else if (event.key === 'Enter' && event.target === event.currentTarget && key !== undefined) onOpen(key);
  };

  const moveTo = (key: string): void => {
    setCursor({ key, index: keys.indexOf(key) });
  };
  return { index, moveTo, onKeyDown };
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

function indexOf(keys: readonly string[], { key, index }: Cursor): number {
  if (keys[index] === key) return index;
  const found = keys.indexOf(key);
  return found === -1 ? Math.min(index, keys.length - 1) : found;
}

/** Scrolls to a row. The sticky head covers about one row. */
function reveal(element: HTMLElement, index: number, rowHeight: number): void {
  const top = index * rowHeight;
  if (top < element.scrollTop) element.scrollTop = top;
  else if (top + 2 * rowHeight > element.scrollTop + element.clientHeight)
    element.scrollTop = top + 2 * rowHeight - element.clientHeight;
}
