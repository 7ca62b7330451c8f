import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ratioChart } from '../../bench/ratio-chart.ts';
import type { Report } from '../../bench/report.ts';

const textOf = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const report = JSON.parse(textOf('bench/results/2026-11-27.json')) as Report;

/** `npx tsx bench/chart.ts bench/results/2026-11-27.json > docs/pictures/speed.svg` draws it again. */
it('the chart of docs/PERFORMANCE.md is drawn from the raw results', () => {
  expect(textOf('docs/pictures/speed.svg')).toBe(ratioChart(null, report));
});
