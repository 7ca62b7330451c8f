/**
 * Tables that fit the terminal. If there is not enough room, in this order: very long values are shortened (visibly, because half of
 * a number would be another number), less important columns are left out, words are cut, values are shortened further. On even
 * narrower screens, each row is shown as a list, in full.
 */
import stringWidth from 'string-width';

export interface Column<Row> {
  readonly head: string;
  readonly value: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** Left out if there is no room, the highest number first. Never left out without a number. */
  readonly spare?: number;
  /** Values may be shortened. */
  readonly shrinks?: boolean;
  /** Left out if no row has a value: all are empty or `-`. */
  readonly isOptional?: boolean;
  /** Words, which may be cut to at least this many letters. */
  readonly wordsMin?: number;
}

const GAP = '  ';

/** Without a final end of line; empty without rows. */
export function renderTable<Row>(all: readonly Column<Row>[], rows: readonly Row[], width: number): string {
  if (rows.length === 0) return '';
  const columns = all.filter((column) => column.isOptional !== true || hasValue(column, rows));
  if (widthOf(columns, rows) <= width) return asTable(columns, rows);
  const usual = columns.map((column) => (column.shrinks === true ? shortened(column, USUAL_MAX) : column));
  const shown = withShortValues(withCutWords(fitting(usual, rows, width), rows, width), rows, width);
  return widthOf(shown, rows) <= width ? asTable(shown, rows) : asBlocks(columns, rows);
}

function hasValue<Row>({ value }: Column<Row>, rows: readonly Row[]): boolean {
  return rows.some((row) => !['', '-'].includes(value(row)));
}

/** The usual length of an amount. */
const USUAL_MAX = 18;
/** A shorter value would be useless. */
const SHORT_MIN = 6;

function shortened<Row>(column: Column<Row>, max: number): Column<Row> {
  return { ...column, value: (row) => cutText(column.value(row), max) };
}

/** Shortens by one letter at a time, from the widest column. */
function withShortValues<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): readonly Column<Row>[] {
  const rooms = columns.map((column) => columnWidth(column, rows));
  const least = columns.map(({ head, shrinks }, index) =>
    shrinks === true ? Math.max(SHORT_MIN, head.length) : (rooms[index] ?? 0),
  );
  let tooWide = widthOf(columns, rows) - width;
  for (; tooWide > 0; tooWide -= 1) {
    const spare = rooms.map((room, index) => (room > (least[index] ?? 0) ? room : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if ((spare[widest] ?? 0) === 0) return columns;
    rooms[widest] = (rooms[widest] ?? 0) - 1;
  }
  return columns.map((column, index) => (column.shrinks === true ? shortened(column, rooms[index] ?? 0) : column));
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
    return shortened(column, Math.max(column.wordsMin, columnWidth(column, rows) - tooWide));
  });
}

/** Marks the cut. Colours end with the text. */
export function cutText(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let cut = '';
  for (const [part] of text.matchAll(COLOUR_OR_LETTER)) {
    if (stringWidth(cut + part) <= width - 1) cut += part;
  }
  return `${cut}…`;
}

// eslint-disable-next-line no-control-regex -- colours begin with it
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
