/** The bench's table: a row for each setting, with ratios to the floor if it takes part. */
import type { Placement } from './arena.ts';
import type { ContestantName } from './contestant.ts';
import { median } from './statistics.ts';

/** The results of one round. */
export interface Figures {
  /** Deals per second. */
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time per deal. */
  readonly cpuMs: number;
}

export interface Row {
  readonly takers: number;
  readonly placement: Placement;
  readonly atOnce: number;
  /** The rounds of each contestant. Rounds with the same index ran one after another. */
  readonly figures: Partial<Record<ContestantName, readonly Figures[]>>;
}

export interface Report {
  readonly node: string;
  readonly rounds: number;
  readonly seconds: number;
  /** Seconds of deals before the first round; absent in old reports. */
  readonly warmUp?: number;
  readonly rows: readonly Row[];
}

const SHOWN: readonly (keyof Figures)[] = ['perSecond', 'p50Ms', 'p99Ms', 'cpuMs'];
const TITLES: Readonly<Record<keyof Figures, string>> = {
  perSecond: 'deals/s',
  p50Ms: 'p50 ms',
  p99Ms: 'p99 ms',
  cpuMs: 'cpu ms/deal',
};

/** The contestants of a row in the order of its run, and after `desk` its ratio to the floor. */
export function headText(names: readonly ContestantName[]): string {
  const column = `${names.map((name) => cell(name, name)).join(' ')}${names.includes('floor') ? '  d/f' : ''}`;
  const titles = SHOWN.map((figure) => TITLES[figure].padEnd(column.length));
  const first = 'takers placement      at once';
  return `${''.padEnd(first.length)} | ${titles.join(' | ')}\n${first} | ${SHOWN.map(() => column).join(' | ')}`;
}

export function rowText({ takers, placement, atOnce, figures }: Row): string {
  const names = Object.keys(figures) as ContestantName[];
  const columns = SHOWN.map((figure) => {
    const cells = names.map((name) => cell(name, numberText(median(of(figures[name], figure))))).join(' ');
    return names.includes('floor') ? `${cells} ${ratioText(ratioToFloor({ figures }, figure)).padStart(4)}` : cells;
  });
  const first = `${String(takers).padStart(6)} ${placement.padEnd(14)} ${String(atOnce).padStart(7)}`;
  return `${first} | ${columns.join(' | ')}`;
}

/** How the ratios to the floor have changed since an earlier run. Only rows that both runs have. */
export function changeText(before: Report, after: Report): string {
  const lines = after.rows.flatMap((row) => {
    const old = before.rows.find(
      ({ takers, placement, atOnce }) => takers === row.takers && placement === row.placement && atOnce === row.atOnce,
    );
    if (old === undefined) return [];
    const changes = SHOWN.map(
      (figure) =>
        `${TITLES[figure]} ${ratioText(ratioToFloor(old, figure))} -> ${ratioText(ratioToFloor(row, figure))}`,
    );
    return [`${row.takers} takers, ${row.placement}, ${row.atOnce} at once: ${changes.join(', ')}`];
  });
  return `\ndesk / floor, before -> now\n${lines.join('\n')}`;
}

/** The median of the rounds' ratios; NaN if one of the two contestants is missing. */
export function ratioToFloor({ figures }: Pick<Row, 'figures'>, figure: keyof Figures): number {
  const floor = of(figures.floor, figure);
  return median(of(figures.desk, figure).map((value, round) => value / (floor[round] ?? NaN)));
}

function cell(name: ContestantName, text: string): string {
  return text.padStart(Math.max(8, name.length));
}

function of(rounds: readonly Figures[] | undefined, figure: keyof Figures): readonly number[] {
  return (rounds ?? []).map((round) => round[figure]);
}

function numberText(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

function ratioText(value: number): string {
  return Number.isNaN(value) ? '-' : value.toFixed(value >= 10 ? 0 : 2);
}
