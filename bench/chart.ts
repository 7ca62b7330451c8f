/** Draws two runs of `npm run bench -- --json` as one chart: `npx tsx bench/chart.ts BEFORE.json NOW.json > CHART.svg` */
import { readFileSync } from 'node:fs';
import { ratioChart } from './ratio-chart.ts';
import type { Report } from './report.ts';

const [before = '', now = ''] = process.argv.slice(2);
const read = (file: string): Report => JSON.parse(readFileSync(file, 'utf8')) as Report;
process.stdout.write(ratioChart(read(before), read(now)));
