/** The theatre in a real browser: every button ends with one winner, and a recording plays without a desk. */
import axe from 'axe-core';
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RunningTheatre } from '../../src/composition/run-theatre.ts';
import { readRecording, type Recording } from '../../src/demo/recording.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { IS_LONG } from '../effort.ts';
import { hasChromium, openPage, startBrowser, type OpenPage } from './browser.ts';

const FLIGHT_MS = 60;
/** A dozen desks start in two seconds, and on a busy machine much later. */
const START_TIMEOUT_MS = 60_000;
const ALL_KNOW = 'All takers know it.';

function verdict(page: Page, of: 'ours' | 'naive'): ReturnType<Page['locator']> {
  return page.locator(`[data-verdict=${of}]`);
}

/** The desks that a stage shows as winners, after the last key press is drawn. */
async function winners(page: Page, stage: 'ours' | 'naive'): Promise<string[]> {
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  return page
    .locator(`.stage.${stage} [data-tone=won]`)
    .evaluateAll((nodes) => nodes.map((node) => node.getAttribute('data-desk') ?? ''));
}

// A dozen desks, and every button: not in `npm test`.
describe.skipIf(!hasChromium || !IS_LONG)('the theatre in a browser', () => {
  let browser: Browser;
  let theatre: RunningTheatre;
  let live: OpenPage;

  beforeAll(async () => {
    theatre = new RunningTheatre({ flightMs: FLIGHT_MS });
    const [started, url] = await Promise.all([startBrowser(), theatre.start()]);
    browser = started;
    live = await openPage(browser);
    await live.page.goto(url);
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    await theatre.stop();
  });

  it.each([
    ['Nothing else', 'Announce an offer', false, 1],
    ['Drop the next reply', 'Drop the next reply', false, 2],
    ['Cut the network in two', 'Cut the network in two', true, 2],
    ['Kill the maker in the middle of an award', 'Kill the maker', true, 2],
    ['Kill the winner after its confirmation', 'Kill the winner', true, 0],
    ['Send everything twice', 'Send everything twice', false, 1],
    ['Let a liar forge messages', 'Let a liar forge', false, 2],
  ] as const)('"%s" ends with one winner', async (button, told, isBroken, naive) => {
    const { page, complaints } = live;
    await page.getByRole('button', { name: button }).click();
    await page.locator('.intro', { hasText: told }).waitFor();
    if (isBroken) await page.getByRole('button', { name: 'Repair everything' }).click();
    await verdict(page, 'ours').filter({ hasText: ALL_KNOW }).waitFor();
    expect(await winners(page, 'ours')).toHaveLength(1);
    const naiveWinners = page.locator(`[data-verdict=naive][data-winners="${naive.toString()}"]`);
    await naiveWinners.waitFor();
    expect(complaints).toEqual([]);
  });

  it('pauses, and goes back and forward step by step', async () => {
    const { page } = live;
    await page.keyboard.press('End');
    const [winner] = await winners(page, 'ours');
    for (let steps = 0; steps < 3; steps++) await page.keyboard.press('ArrowLeft');
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    expect(await winners(page, 'ours')).toEqual([]);
    for (let steps = 0; steps < 4; steps++) await page.keyboard.press('ArrowRight');
    expect(await winners(page, 'ours')).toEqual([winner]);
    await page.keyboard.press('Home');
    await page.locator('.intro', { hasText: 'Announce an offer' }).waitFor();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.getByRole('button', { name: 'Now' }).click();
  });

  it.each(['light', 'dark'] as const)('passes all checks of axe-core: %s', async (colorScheme) => {
    const { page } = live;
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // Contrast can be measured only when the colour transitions have ended.
    await page.evaluate(async () => {
      await new Promise(requestAnimationFrame);
      await Promise.all(document.getAnimations().map(({ finished }) => finished));
    });
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
      const { axe: running } = globalThis as unknown as { readonly axe: typeof axe };
      return (await running.run()).violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`,
      );
    });
    expect(found).toEqual([]);
  });

  it('fits on a screen of 360 px', async () => {
    const { page } = live;
    await page.setViewportSize({ width: 360, height: 640 });
    const wide = await page.evaluate(() => {
      const scrolled = document.querySelector('.theatre');
      return (scrolled?.scrollWidth ?? 0) - (scrolled?.clientWidth ?? 0);
    });
    expect(wide).toBe(0);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('plays a recording that it has saved, from a file and without desks', async () => {
    const { page } = live;
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save this recording' }).click();
    const file = `${temporaryFolder()}/run.json`;
    await (await saved).saveAs(file);
    const read = readRecording(readFileSync(file, 'utf8'));
    expect(read.ok ? '' : read.problem).toBe('');

    const nobody: Recording = { format: 'grapevine-theatre/1', desks: read.ok ? read.recording.desks : [], steps: [] };
    const player = new RunningTheatre({ flightMs: FLIGHT_MS, recording: nobody });
    const url = await player.start();
    const open = await openPage(browser);
    onTestFinished(async () => {
      await open.context.close();
      await player.stop();
    });
    await open.page.goto(url);
    await open.page.locator('.intro', { hasText: 'A recording.' }).waitFor();
    expect(await open.page.getByRole('button', { name: 'Nothing else' }).count()).toBe(0);
    await open.page.locator('input[type=file]').setInputFiles({
      name: 'wrong.json',
      mimeType: 'application/json',
      buffer: Buffer.from('{"format":"grapevine-theatre/1"}'),
    });
    await open.page.getByRole('alert').filter({ hasText: 'wrong.json is not a recording' }).waitFor();
    await open.page.locator('input[type=file]').setInputFiles(file);
    await open.page.locator('.intro', { hasText: 'Announce an offer' }).waitFor();
    await open.page.keyboard.press('End');
    await verdict(open.page, 'ours').filter({ hasText: ALL_KNOW }).waitFor();
    expect(await winners(open.page, 'ours')).toHaveLength(1);
    expect(open.complaints).toEqual([]);
  });

  it('plays an included recording by its name in the address', async () => {
    const { page } = live;
    await page.evaluate(() => {
      location.hash = 'play=lost-reply';
    });
    await page.getByText('Recording: A lost reply').waitFor();
    await page.locator('.scrub').fill('5200');
    await page.getByText('Dora asks Erin again').waitFor();
    expect(await winners(page, 'naive')).toEqual(['Erin', 'Judy']);
    expect(await winners(page, 'ours')).toEqual([]);
    if (process.env['UPDATE_PICTURES'] === '1') {
      await page.locator('.scrub').blur();
      await page.emulateMedia({ colorScheme: 'light' });
      await page.screenshot({ path: 'docs/pictures/theatre.png', clip: { x: 0, y: 0, width: 1280, height: 760 } });
    }
    await page.keyboard.press('End');
    await verdict(page, 'ours').filter({ hasText: 'One winner: Erin.' }).waitFor();
    await page.reload();
    await page.evaluate(() => {
      location.hash = '';
    });
    await page.reload();
    await page.getByRole('button', { name: 'Nothing else' }).waitFor();
  });

  it('says that the demo has ended, and continues as a recording', async () => {
    const { page } = live;
    // The previous test has reloaded the page, which receives the recording in parts.
    await verdict(page, 'ours').filter({ hasText: ALL_KNOW }).waitFor();
    await theatre.stop();
    await page.getByRole('alert').filter({ hasText: 'The demo has ended' }).waitFor();
    await page.keyboard.press('Home');
    await page.keyboard.press('End');
    expect(await winners(page, 'ours')).toHaveLength(1);
  });
});
