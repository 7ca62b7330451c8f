/** Accessibility, keyboard, both themes, screen sizes, and ten thousand offers. */
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ControlWorld } from '../../testing/control-world.ts';
import { pretendDeal, pretendOffer } from '../../testing/pretend-desk.ts';
import { IS_LONG } from '../effort.ts';
import { hasChromium, openPage, PAGE_TEST_TIMEOUT_MS, startBrowser, type OpenPage } from './browser.ts';
import { scrollThrough } from './scroll.ts';
import { dealsOfAllKinds, manyOffers, offersOfAllKinds, openPretendMarket } from './pretend-market.ts';

/** Not among the types of the DOM yet. */
interface LayoutShift extends PerformanceEntry {
  readonly hadRecentInput: boolean;
  readonly sources: readonly { readonly node: Node | null }[];
}

// Half a minute: not in `npm test`.
describe.skipIf(!hasChromium || !IS_LONG)('the looks of the page', { timeout: PAGE_TEST_TIMEOUT_MS }, () => {
  let browser: Browser;
  let world: ControlWorld;

  beforeAll(async () => {
    [browser, world] = await Promise.all([startBrowser(), openPretendMarket()]);
    world.desk.made = dealsOfAllKinds();
  }, PAGE_TEST_TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    await world.server.stop();
  });

  async function opened(offers = offersOfAllKinds(), options: BrowserContextOptions = {}): Promise<OpenPage> {
    world.desk.book = offers;
    const open = await openPage(browser, options);
    onTestFinished(() => open.context.close());
    await open.page.goto(world.server.pageLink());
    await open.page.locator('.virtual .row').first().waitFor();
    return open;
  }

  /** Each view and dialog, and how to open it. */
  const PLACES: readonly (readonly [name: string, show: (page: Page) => Promise<void>])[] = [
    ['book', (page) => at(page, 1, 'Book')],
    ['an offer that is in doubt', (page) => openRow(page, 'IN DOUBT')],
    ['an own offer with a waiting taker', (page) => openRow(page, '1 waiting')],
    ['an offer to accept', (page) => openRow(page, 'for you')],
    ['a deal that is overdue', (page) => openEnded(page, 'DEAL with')],
    ['work', (page) => at(page, 2, 'Work')],
    ['deals', (page) => at(page, 3, 'Deals')],
    ['network', (page) => at(page, 4, 'Network')],
    ['settings', (page) => at(page, 5, 'Settings')],
    ['new offer', (page) => dialog(page, 'n', 'New offer')],
    ['keys', (page) => dialog(page, '?', 'Keys')],
  ];

  async function at(page: Page, key: number, heading: string): Promise<void> {
    await page.keyboard.press('Escape');
    await page.keyboard.press(String(key));
    await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
  }

  async function openRow(page: Page, text: string): Promise<void> {
    await at(page, 1, 'Book');
    await page.locator('.virtual .row', { hasText: text }).click();
    await page.getByRole('complementary', { name: 'Offer' }).getByText('Awaited').waitFor();
  }

  async function openEnded(page: Page, text: string): Promise<void> {
    await at(page, 1, 'Book');
    await page.getByLabel('Include ended').check();
    await page.locator('.virtual .row', { hasText: text }).last().click();
    await page.getByRole('complementary', { name: 'Offer' }).getByText('How it went').waitFor();
    await page.getByRole('complementary', { name: 'Offer' }).getByText('Awaited').waitFor();
  }

  async function dialog(page: Page, key: string, title: string): Promise<void> {
    await at(page, 1, 'Book');
    await page.keyboard.press(key);
    await page.getByRole('dialog', { name: title }).waitFor();
  }

  it.each(['light', 'dark'] as const)('passes all checks of axe-core: %s', async (colorScheme) => {
    const { page, complaints } = await opened(undefined, { colorScheme });
    await page.evaluate(axe.source);
    const found: unknown[] = [];
    for (const [name, show] of PLACES) {
      await show(page);
      found.push(...(await violations(page, colorScheme === 'light')).map((violation) => [name, ...violation]));
    }
    expect(found).toEqual([]);
    expect(complaints).toEqual([]);
  });

  /** The themes differ in contrast only, so all other checks run once. */
  async function violations(page: Page, isAll: boolean): Promise<string[][]> {
    return page.evaluate(
      async (only) => {
        const { axe: running } = globalThis as unknown as { readonly axe: typeof axe };
        const results = await running.run(document, only === null ? {} : { runOnly: only });
        return results.violations.map(({ id, impact, nodes }) => [
          id,
          String(impact),
          ...nodes.map(({ html }) => html.slice(0, 160)),
        ]);
      },
      isAll ? null : ['color-contrast'],
    );
  }

  it('shows the latest 10,000 deals, and the number of all', async () => {
    const { page } = await opened();
    const made = world.desk.made;
    onTestFinished(() => {
      world.desk.made = made;
    });
    world.desk.made = Array.from({ length: 12_345 }, (_, index) => pretendDeal({ offerId: `d${index}` }));
    await at(page, 3, 'Deals');
    await page.getByText('The latest 10,000 of 12,345 deals.').waitFor();
    expect(await page.locator('.view-head .count').textContent()).toBe('10000');
  });

  it('can be used with the keyboard only, and lists the keys with ?', async () => {
    const { page } = await opened();
    const current = () => page.locator('.row.cursor').getAttribute('aria-rowindex');
    await page.keyboard.press('j');
    const first = await current();
    await page.keyboard.press('j');
    await expect.poll(current).not.toBe(first);
    await page.keyboard.press('k');
    await expect.poll(current).toBe(first);
    await page.keyboard.press('Enter');
    const panel = page.getByRole('complementary', { name: 'Offer' });
    await panel.waitFor();
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });

    await page.keyboard.press('/');
    await page.keyboard.type('n?1');
    expect(await page.getByLabel('Find by maker, offer or pair').inputValue()).toBe('n?1');
    await page.getByText('No offer matches these filters').waitFor();
    await page.keyboard.press('Escape');

    const theme = () => page.evaluate(() => document.documentElement.dataset['theme']);
    const before = await theme();
    await page.getByRole('heading', { name: 'Book' }).click();
    await page.keyboard.press('t');
    await expect.poll(theme).not.toBe(before);
    await page.keyboard.press('?');
    const keys = await page.getByRole('dialog', { name: 'Keys' }).locator('kbd').allTextContents();
    expect(keys).toEqual(['1', '2', '3', '4', '5', 'n', 'a', '/', 'j / ↓', 'k / ↑', 'Enter', 'Escape', 't', '?']);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('keeps the cursor at its row when rows are added above it', async () => {
    const { page } = await opened();
    await page.keyboard.press('j');
    const cursor = page.locator('.row.cursor');
    const first = await cursor.getAttribute('aria-rowindex');
    await page.keyboard.press('j');
    await expect.poll(() => cursor.getAttribute('aria-rowindex')).not.toBe(first);
    const amount = await cursor.locator('.c-amount').textContent();
    const [was, id] = [await cursor.getAttribute('aria-rowindex'), 'f'.repeat(32)];
    const newer = pretendOffer({ role: 'taker', offerId: id, amount: '77', issuedAt: Date.now() + 60_000 });
    world.desk.book = [...world.desk.book, { ...newer, expiresAt: Date.now() + 600_000 }];
    world.desk.notify({ event: 'offer.gone', offerId: id, maker: newer.maker, outcome: null, verified: true } as never);
    await page.locator('.virtual .row', { hasText: '77' }).waitFor();
    expect(await cursor.locator('.c-amount').textContent()).toBe(amount);
    expect(Number(await cursor.getAttribute('aria-rowindex'))).toBe(Number(was) + 1);
  });

  it.each([360, 1000, 1600])('fits into %i px, and has no layout shifts', async (width) => {
    const { page } = await opened(undefined, { viewport: { width, height: 800 } });
    // The panel's animation lasts for the whole test.
    await page.evaluate(() => {
      const slow = new CSSStyleSheet();
      slow.insertRule('.panel { animation-duration: 60s !important }');
      document.adoptedStyleSheets = [slow];
    });
    await page.evaluate(() => {
      const shifts: string[] = [];
      (globalThis as unknown as { shifts: string[] }).shifts = shifts;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as LayoutShift[])
          if (!entry.hadRecentInput)
            shifts.push(
              ...entry.sources.map(({ node }) => (node?.parentElement ?? document.body).outerHTML.slice(0, 200)),
            );
      }).observe({ type: 'layout-shift', buffered: true });
    });
    for (const [name, show] of PLACES) {
      await show(page);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect([name, over]).toEqual([name, 0]);
    }
    expect(await page.evaluate(() => (globalThis as unknown as { shifts: string[] }).shifts)).toEqual([]);
  });

  it('has no animations if the user prefers reduced motion', async () => {
    const { page } = await opened();
    await openRow(page, 'IN DOUBT');
    const moving = await page.evaluate(() =>
      [...document.querySelectorAll('*')].flatMap((element) => {
        const { animationName, animationDuration, transitionDuration } = getComputedStyle(element);
        const longest = Math.max(
          ...`${animationName === 'none' ? '0s' : animationDuration},${transitionDuration}`.split(',').map(parseFloat),
        );
        return longest > 0.001 ? [element.className] : [];
      }),
    );
    expect(moving).toEqual([]);
  });

  it('scrolls ten thousand offers with about the CPU time of a hundred', async () => {
    const [few, many] = [await scrolled(100), await scrolled(10_000)];
    // Both are measured on the same machine, so other load slows both.
    expect(many.workMs).toBeLessThan(5 * few.workMs);
    const { page } = many;
    expect(await page.locator('.virtual .row').count()).toBeLessThan(60);
    await page.keyboard.press('End');
    await page.locator('.virtual .row', { hasText: /^buy1BTC/ }).waitFor();
  });

  async function scrolled(count: number): Promise<{ readonly page: Page; readonly workMs: number }> {
    const { page } = await opened(manyOffers(count));
    await page.getByText(`${count.toLocaleString('en-GB')} offers`).waitFor();
    const { workMs } = await scrollThrough(page, 'wheel');
    return { page, workMs };
  }
});
