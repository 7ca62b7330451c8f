/** Rows of one height, of which only those that are seen exist: ten thousand cost as much as thirty. */
import type { ComponentChildren, RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

const BEYOND = 8;
const ROW_HEIGHT = 42;
const CARD_HEIGHT = 66;
/** Below this width, in pixels, a row is a card of two lines; table.css says the same. */
const CARDS_BELOW = 560;

/** Pixels. */
export function rowHeightOf({ width }: Seen): number {
  return width < CARDS_BELOW ? CARD_HEIGHT : ROW_HEIGHT;
}

interface Seen {
  readonly top: number;
  readonly height: number;
  readonly width: number;
}

/** What can be seen of a box that scrolls; asked for once a frame at most. */
export function useSeen(box: RefObject<HTMLElement | null>): Seen {
  const [seen, setSeen] = useState<Seen>({ top: 0, height: 0, width: 0 });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    let frame = 0;
    const look = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() =>
        setSeen({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth }),
      );
    };
    const resized = new ResizeObserver(look);
    resized.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    setSeen({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth });
    return () => {
      cancelAnimationFrame(frame);
      resized.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  return seen;
}

interface VirtualRowsProps<Row> {
  readonly rows: readonly Row[];
  readonly rowHeight: number;
  readonly seen: Seen;
  readonly render: (row: Row, index: number, top: number) => ComponentChildren;
}

export function VirtualRows<Row>({ rows, rowHeight, seen, render }: VirtualRowsProps<Row>) {
  const first = Math.max(0, Math.floor(seen.top / rowHeight) - BEYOND);
  const last = Math.min(rows.length, Math.ceil((seen.top + seen.height) / rowHeight) + BEYOND);
  return (
    <div class="virtual" role="rowgroup" style={{ height: `${rows.length * rowHeight}px` }}>
      {rows.slice(first, last).map((row, index) => render(row, first + index, (first + index) * rowHeight))}
    </div>
  );
}
