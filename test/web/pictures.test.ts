/** Makes the pictures of real desks in docs/pictures. Runs with `npm run pictures` only. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, it } from 'vitest';
import { hasChromium, openPage, startBrowser } from './browser.ts';
import { openMarket } from './market.ts';
import { PageDesks } from './page-desks.ts';

const FOLDER = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));
const SIZE = { width: 1400, height: 640 };

describe.skipIf(!hasChromium || process.env['PICTURES'] === undefined)('the pictures of the page', () => {
  it('are taken', { timeout: 120_000 }, async () => {
    mkdirSync(FOLDER, { recursive: true });
    const [desks, browser] = await Promise.all([PageDesks.start(), startBrowser()]);
    try {
      const own = await desks.withPage();
      const market = await openMarket(desks, own);
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page, context } = await openPage(browser, { colorScheme, viewport: SIZE });
        await page.goto(await own.client.page());
        const shoot = (name: string): Promise<unknown> =>
          page.screenshot({ path: `${FOLDER}${name}-${colorScheme}.png` });
        await page.getByText('22 offers').waitFor();
        await page.getByRole('heading', { name: 'Book' }).click();
        await shoot('book');
        await openOffer(page, `book/${own.running.id}/${market.byHand}`, 'Awaited: your choice');
        await shoot('offer');
        await context.close();
      }
      await market.stop();
    } finally {
      await browser.close();
      await desks.stop();
    }
  });
});

async function openOffer(page: Page, place: string, text: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/${place}`);
  await page.getByText(text).waitFor();
}
