/**
 * Tables that fit: columns that matter less are left out where there is no room for them, then words are cut, and what still
 * does not fit is shown one below the other. A number is never cut: half of one would be another number.
 */
import stringWidth from 'string-width';

export interface Column<Row> {
  readonly head: string;
  readonly value: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** Left out where there is no room; the highest number first. Without one it stays. */
  readonly spare?: number;
  /** Made of words, which may be cut where there is no room, to so many letters at least. */
  readonly wordsMin?: number;
}

const GAP = '  ';

/** Without an end of line; empty without rows. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string {
  if (rows.length === 0) return '';
  const shown = withCutWords(fitting(columns, rows, width), rows, width);
  return widthOf(shown, rows) <= width ? asTable(shown, rows) : asBlocks(columns, rows);
}

function fitting<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): readonly Column<Row>[] {
  if (widthOf(columns, rows) <= width) return columns;
  const spares = columns.filter(({ spare }) => spare !== undefined);
  const [leastNeeded] = spares.sort((left, right) => (right.spare ?? 0) - (left.spare ?? 0));
  if (leastNeeded === undefined) return columns;
  return fitting(
    columns.filter((column) => column !== leastNeeded),
    rows,
    width,
  );
}

function withCutWords<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): readonly Column<Row>[] {
  const tooWide = widthOf(columns, rows) - width;
  if (tooWide <= 0) return columns;
  return columns.map((column) => {
    if (column.wordsMin === undefined) return column;
    const room = Math.max(column.wordsMin, columnWidth(column, rows) - tooWide);
    return { ...column, value: (row) => cutText(column.value(row), room) };
  });
}

/** Shows that it was cut. Colours end with the text. */
export function cutText(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  for (const [part] of text.matchAll(COLOUR_OR_LETTER)) {
    if (stringWidth(kept + part) <= width - 1) kept += part;
  }
  return `${kept}…`;
}

// eslint-disable-next-line no-control-regex -- this is how colours begin
const COLOUR_OR_LETTER = /\u001b\[\d+m|./gu;

function widthOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): number {
  const widths = columns.map((column) => columnWidth(column, rows));
  return widths.reduce((sum, one) => sum + one, 0) + GAP.length * (columns.length - 1);
}

function columnWidth<Row>({ head, value }: Column<Row>, rows: readonly Row[]): number {
  return rows.reduce((widest, row) => Math.max(widest, stringWidth(value(row))), head.length);
}

function asTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const widths = columns.map((column) => columnWidth(column, rows));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align ?? 'left'))
      .join(GAP)
      .trimEnd();
  return [columns.map(({ head }) => head), ...rows.map((row) => columns.map(({ value }) => value(row)))]
    .map(line)
    .join('\n');
}

function asBlocks<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const widest = Math.max(...columns.map(({ head }) => head.length));
  const block = (row: Row): string =>
    columns.map(({ head, value }) => `${head.padEnd(widest)}${GAP}${value(row)}`.trimEnd()).join('\n');
  return rows.map(block).join('\n\n');
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const room = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return align === 'left' ? text + room : room + text;
}
