/** Draws one or two runs of `npm run bench -- --json` as a chart: `npx tsx bench/chart.ts [BEFORE.json] NOW.json > CHART.svg` */
import { readFileSync } from 'node:fs';
import { ratioChart } from './ratio-chart.ts';
import type { Report } from './report.ts';

const [first, second] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')) as Report);
if (first === undefined) throw new Error('usage: npx tsx bench/chart.ts [BEFORE.json] NOW.json > CHART.svg');
process.stdout.write(second === undefined ? ratioChart(null, first) : ratioChart(first, second));
