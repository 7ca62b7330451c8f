/**
 * `npm run bench:page`: how the book scrolls in Chromium, with a hundred and with ten thousand offers, in turn. Both should need the same
 * work per frame, and less than 20 ms, which is 50 frames a second. Other programs can reduce the frames, but add no work.
 */
import { hasChromium, openPage, startBrowser } from '../test/web/browser.ts';
import { manyOffers, openPretendMarket } from '../test/web/pretend-market.ts';
import { scrollThrough, type Pace, type Scrolled } from '../test/web/scroll.ts';
import { quantile } from './statistics.ts';

const ROUNDS = 5;
const ROWS: readonly (readonly [count: number, pace: Pace])[] = [
  [100, 'wheel'],
  [10_000, 'wheel'],
  [10_000, 'drag'],
];

if (!hasChromium) process.exit(1);
const [browser, world] = await Promise.all([startBrowser(), openPretendMarket()]);
const measured = ROWS.map((): Scrolled[] => []);
try {
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [index, row] of ROWS.entries()) measured[index]?.push(await measure(...row));
} finally {
  await browser.close();
  await world.server.stop();
}
process.stdout.write('offers  pace   frames/s   longest frame   work a frame   (medians)\n');
for (const [index, row] of ROWS.entries()) process.stdout.write(`${rowText(row, measured[index] ?? [])}\n`);

async function measure(count: number, pace: Pace): Promise<Scrolled> {
  world.desk.book = manyOffers(count);
  const { page, context } = await openPage(browser);
  await page.goto(world.server.pageLink());
  await page.getByText(`${count.toLocaleString('en-GB')} offers`).waitFor();
  const scrolled = await scrollThrough(page, pace);
  await context.close();
  return scrolled;
}

function rowText([count, pace]: readonly [number, Pace], rounds: readonly Scrolled[]): string {
  const median = (pick: (one: Scrolled) => number): string => quantile(rounds.map(pick), 0.5).toFixed(1);
  return [
    String(count).padStart(6),
    pace.padEnd(5),
    median(({ framesPerSecond }) => framesPerSecond).padStart(10),
    `${median(({ longestFrameMs }) => longestFrameMs)} ms`.padStart(15),
    `${median(({ workMs }) => workMs)} ms`.padStart(14),
  ].join(' ');
}
