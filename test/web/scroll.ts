/** Scrolls the book from end to end, a frame at a time, and says what it cost. */
import type { Page } from 'playwright-core';

export interface Scrolled {
  readonly frames: number;
  readonly framesPerSecond: number;
  readonly longestFrameMs: number;
  /** CPU time of the page's own thread for each frame: what other programs do meanwhile is not in it. */
  readonly workMs: number;
}

const FRAMES = 120;

/** Runs in the page. As text, since what the page knows is not known here. */
const SCROLL = `new Promise((resolve) => {
  const table = document.querySelector('.table');
  const step = (table.scrollHeight - table.clientHeight) / ${FRAMES};
  const start = performance.now();
  let [frames, last, longestFrameMs] = [0, start, 0];
  const next = () => {
    const now = performance.now();
    longestFrameMs = Math.max(longestFrameMs, now - last);
    last = now;
    frames += 1;
    table.scrollTop += step;
    if (frames < ${FRAMES}) requestAnimationFrame(next);
    else resolve({ frames, longestFrameMs, framesPerSecond: (1000 * frames) / (now - start) });
  };
  requestAnimationFrame(next);
})`;

export async function scrollThrough(page: Page): Promise<Scrolled> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const work = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN);
  };
  const before = await work();
  const scrolled = await page.evaluate<Omit<Scrolled, 'workMs'>>(SCROLL);
  return { ...scrolled, workMs: ((await work()) - before) / scrolled.frames };
}
