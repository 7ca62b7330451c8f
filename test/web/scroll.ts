/** Scrolls the book frame by frame, and measures the cost. */
import type { Page } from 'playwright-core';

export interface Scrolled {
  readonly frames: number;
  readonly framesPerSecond: number;
  readonly longestFrameMs: number;
  /** CPU time of the page's main thread per frame, without other programs. */
  readonly workMs: number;
}

const FRAMES = 60;

/** The distance per frame: like a fast mouse wheel, or the whole book in 60 frames, like dragging the scroll bar. */
export type Pace = 'wheel' | 'drag';

const WHEEL_PX = 300;

/** Runs in the page and turns around at both ends. A text, as this project's types do not know the page's globals. */
const scroll = (pace: Pace): string => `new Promise((resolve) => {
  const table = document.querySelector('.table');
  const end = table.scrollHeight - table.clientHeight;
  const step = ${pace === 'wheel' ? WHEEL_PX : `end / ${FRAMES}`};
  const start = performance.now();
  let [frames, last, longestFrameMs, at] = [0, start, 0, 0];
  const next = () => {
    const now = performance.now();
    longestFrameMs = Math.max(longestFrameMs, now - last);
    last = now;
    frames += 1;
    at += step;
    const turn = at % (2 * end);
    table.scrollTop = turn > end ? 2 * end - turn : turn;
    if (frames < ${FRAMES}) requestAnimationFrame(next);
    else resolve({ frames, longestFrameMs, framesPerSecond: (1000 * frames) / (now - start) });
  };
  requestAnimationFrame(next);
})`;

export async function scrollThrough(page: Page, pace: Pace): Promise<Scrolled> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const work = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN);
  };
  const before = await work();
  const scrolled = await page.evaluate<Omit<Scrolled, 'workMs'>>(scroll(pace));
  return { ...scrolled, workMs: ((await work()) - before) / scrolled.frames };
}
