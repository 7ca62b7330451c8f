/** A list of rows of equal height that renders only the visible ones, so that ten thousand rows cost as much as thirty. */
import type { ComponentChildren, RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/** Rows rendered above and below the visible ones. */
const MARGIN_ROWS = 8;
const ROW_HEIGHT = 42;
const CARD_HEIGHT = 66;
/** Below this width, in pixels, a row is a card of two lines. The same value as in table.css. */
const CARDS_BELOW = 560;

/** In pixels. */
export function rowHeightOf({ width }: Viewport): number {
  return width < CARDS_BELOW ? CARD_HEIGHT : ROW_HEIGHT;
}

interface Viewport {
  readonly top: number;
  readonly height: number;
  readonly width: number;
}

/** The visible part of a scrolling element, measured at most once per frame. */
export function useViewport(box: RefObject<HTMLElement | null>): Viewport {
  const [viewport, setViewport] = useState<Viewport>({ top: 0, height: 0, width: 0 });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    let frame = 0;
    const measure = (): void =>
      setViewport({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth });
    const onChange = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(measure);
    };
    const resized = new ResizeObserver(onChange);
    resized.observe(element);
    element.addEventListener('scroll', onChange, { passive: true });
    measure();
    return () => {
      cancelAnimationFrame(frame);
      resized.disconnect();
      element.removeEventListener('scroll', onChange);
    };
  }, []);
  return viewport;
}

interface VirtualRowsProps<Row> {
  readonly rows: readonly Row[];
  readonly rowHeight: number;
  readonly viewport: Viewport;
  readonly render: (row: Row, index: number, top: number) => ComponentChildren;
}

export function VirtualRows<Row>({ rows, rowHeight, viewport, render }: VirtualRowsProps<Row>) {
  const first = Math.max(0, Math.floor(viewport.top / rowHeight) - MARGIN_ROWS);
  const last = Math.min(rows.length, Math.ceil((viewport.top + viewport.height) / rowHeight) + MARGIN_ROWS);
  return (
    <div class="virtual" role="rowgroup" style={{ height: `${rows.length * rowHeight}px` }}>
      {rows.slice(first, last).map((row, index) => render(row, first + index, (first + index) * rowHeight))}
    </div>
  );
}
