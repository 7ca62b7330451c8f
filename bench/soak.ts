/**
 * Deals without a pause between desks that are replaced one after another. Exits with 1 if memory, handles or the delay of the event loop
 * grow.
 *
 *   npm run soak -- [--minutes 10] [--desks 8] [--deals-per-round 50]
 */
import { parseArgs } from 'node:util';
import { runSoak } from './soak-run.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    desks: { type: 'string', default: '8' },
    'deals-per-round': { type: 'string', default: '50' },
  },
});
const endMs = performance.now() + Number(values.minutes) * 60_000;
const report = await runSoak({
  desks: Number(values.desks),
  dealsPerRound: Number(values['deals-per-round']),
  isOver: () => performance.now() >= endMs,
  onSample: (sample) => {
    console.log(JSON.stringify(sample));
  },
});
console.log(JSON.stringify(report));
if (report.growing.length > 0) {
  console.error(`grows: ${report.growing.join(', ')}`);
  process.exitCode = 1;
}
