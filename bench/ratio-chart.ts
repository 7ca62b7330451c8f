/** A chart of one or two runs of the bench, as SVG: for each row, the ratio of a desk to the floor, and the aim. */
import { ratioToFloor, type Figures, type Report, type Row } from './report.ts';

interface Panel {
  readonly figure: keyof Figures;
  readonly title: string;
  readonly aim: number;
  /** The value at the right edge. */
  readonly max: number;
}

const PANELS: readonly Panel[] = [
  { figure: 'perSecond', title: 'deals/s (more is better)', aim: 0.5, max: 0.75 },
  { figure: 'p50Ms', title: 'p50 (less is better)', aim: 2, max: 12 },
  { figure: 'cpuMs', title: 'processor time (less is better)', aim: 2, max: 12 },
];
const LABEL_WIDTH = 150;
const PANEL_WIDTH = 230;
const PANEL_GAP = 20;
const TOP = 46;
const ROW_HEIGHT = 34;
const BAR_HEIGHT = 12;
const BEFORE = '#9aa5b1';
const NOW = '#2563eb';
const AIM = '#dc2626';

/** @param before an earlier run to compare with, or null */
export function ratioChart(before: Report | null, now: Report): string {
  const rows = before === null ? now.rows : now.rows.filter((row) => sameRow(before, row) !== undefined);
  const height = TOP + rows.length * ROW_HEIGHT + 12;
  const width = LABEL_WIDTH + PANELS.length * (PANEL_WIDTH + PANEL_GAP);
  const labels = rows.map((row, index) => text(0, middleOf(index) + 4, `${row.placement}, ${row.atOnce} at once`));
  const panels = PANELS.map((panel, index) =>
    panelOf(panel, LABEL_WIDTH + index * (PANEL_WIDTH + PANEL_GAP), rows, before, height),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(0, 14, 'desk / floor:'),
    ...(before === null ? [] : [text(80, 14, 'before', BEFORE)]),
    ...[text(130, 14, before === null ? 'desk' : 'now', NOW), text(165, 14, 'aim', AIM)],
    ...labels,
    ...panels.flat(),
    '</svg>\n',
  ].join('\n');
}

function panelOf(
  panel: Panel,
  left: number,
  rows: readonly Row[],
  before: Report | null,
  height: number,
): readonly string[] {
  const { figure, title, aim, max } = panel;
  const scale = (value: number): number => (Math.min(value, max) / max) * (PANEL_WIDTH - 40);
  const bars = rows.flatMap((row, index) => {
    const old = before === null ? undefined : sameRow(before, row);
    const top = middleOf(index) - BAR_HEIGHT - 1;
    const bar = (value: number, y: number, colour: string): string =>
      `<rect x="${left}" y="${y}" width="${scale(value).toFixed(1)}" height="${BAR_HEIGHT}" fill="${colour}"/>` +
      text(left + scale(value) + 4, y + BAR_HEIGHT - 2, value.toFixed(2));
    return [
      ...(old === undefined ? [] : [bar(ratioToFloor(old, figure), top, BEFORE)]),
      bar(ratioToFloor(row, figure), before === null ? middleOf(index) - BAR_HEIGHT / 2 : top + BAR_HEIGHT + 1, NOW),
    ];
  });
  const at = (left + scale(aim)).toFixed(1);
  const line = `<line x1="${at}" x2="${at}" y1="${TOP - 8}" y2="${height - 10}" stroke="${AIM}" stroke-dasharray="4 3"/>`;
  return [text(left, 32, title), ...bars, line];
}

function sameRow({ rows }: Report, { takers, placement, atOnce }: Row): Row | undefined {
  return rows.find((row) => row.takers === takers && row.placement === placement && row.atOnce === atOnce);
}

function middleOf(row: number): number {
  return TOP + row * ROW_HEIGHT + ROW_HEIGHT / 2;
}

function text(x: number, y: number, words: string, colour = '#111827'): string {
  return `<text x="${x.toFixed(1)}" y="${y}" fill="${colour}">${words}</text>`;
}
