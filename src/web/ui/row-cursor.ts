/** The keys that move through a table of many rows. The cursor stays at its row when others come and go above it. */
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface RowCursorInit {
  readonly box: RefObject<HTMLElement | null>;
  /** Pixels. */
  readonly rowHeight: number;
  /** Of the rows in view. */
  readonly height: number;
  /** What tells each row apart, in the order of the rows. */
  readonly keys: readonly string[];
  /** The cursor has been moved to this row. */
  readonly onMove: (key: string) => void;
  readonly onOpen: (key: string) => void;
}

export interface RowCursor {
  /** Of the row where it is; -1: nowhere yet. */
  readonly index: number;
  readonly put: (key: string) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

interface Placed {
  readonly key: string;
  /** Where it was when it was put there: its place when the row itself is gone. */
  readonly index: number;
}

export function useRowCursor({ box, rowHeight, height, keys, onMove, onOpen }: RowCursorInit): RowCursor {
  const [placed, setPlaced] = useState<Placed | null>(null);
  const index = placed === null ? -1 : indexOf(keys, placed);

  useEffect(() => box.current?.focus({ preventScroll: true }), []);

  const move = (by: number): void => {
    const next = Math.max(0, Math.min(keys.length - 1, index + by));
    const key = keys[next];
    if (key === undefined) return;
    setPlaced({ key, index: next });
    onMove(key);
    if (box.current !== null) reveal(box.current, next, rowHeight);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    // A letter with a modifier belongs to the browser.
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(height / rowHeight) - 2);
    const by = MOVES[event.key]?.(page, keys.length);
    const key = keys[index];
    if (by !== undefined) {
      event.preventDefault();
      move(by);
    } else if (event.key === 'Enter' && event.target === event.currentTarget && key !== undefined) onOpen(key);
  };

  const put = (key: string): void => {
    setPlaced({ key, index: keys.indexOf(key) });
  };
  return { index, put, onKeyDown };
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

function indexOf(keys: readonly string[], { key, index }: Placed): number {
  if (keys[index] === key) return index;
  const found = keys.indexOf(key);
  return found === -1 ? Math.min(index, keys.length - 1) : found;
}

/** Below the head, which takes about the height of a row. */
function reveal(element: HTMLElement, index: number, rowHeight: number): void {
  const top = index * rowHeight;
  if (top < element.scrollTop) element.scrollTop = top;
  else if (top + 2 * rowHeight > element.scrollTop + element.clientHeight)
    element.scrollTop = top + 2 * rowHeight - element.clientHeight;
}
