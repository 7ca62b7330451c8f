import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ratioChart } from '../../bench/ratio-chart.ts';
import type { Report } from '../../bench/report.ts';

const textOf = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const report = (name: string): Report => JSON.parse(textOf(`bench/results/${name}.json`)) as Report;

/** `npx tsx bench/chart.ts bench/results/2026-11-27-before.json bench/results/2026-11-27.json > docs/pictures/speed.svg` draws it anew. */
it('the chart of docs/PERFORMANCE.md is drawn from the raw results', () => {
  expect(textOf('docs/pictures/speed.svg')).toBe(ratioChart(report('2026-11-27-before'), report('2026-11-27')));
});
