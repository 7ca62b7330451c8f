/** Access to the page in a real browser, and what the page may do there. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { hasChromium, openPage, PAGE_TEST_TIMEOUT_MS, startBrowser, type OpenPage } from './browser.ts';
import { startOtherSite } from './other-site.ts';
import { PageDesks, type DeskWithPage } from './page-desks.ts';

const FIRST_LOAD_MAX_BYTES = 150_000;

describe.skipIf(!hasChromium)('the page in a browser', { timeout: PAGE_TEST_TIMEOUT_MS }, () => {
  let desks: PageDesks;
  let browser: Browser;
  let own: DeskWithPage;

  beforeAll(async () => {
    [desks, browser] = await Promise.all([PageDesks.start(), startBrowser()]);
    own = await desks.withPage();
  }, PAGE_TEST_TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    await desks.stop();
  });

  async function opened(): Promise<OpenPage> {
    const open = await openPage(browser);
    onTestFinished(() => open.context.close());
    return open;
  }

  async function entered(): Promise<OpenPage> {
    const open = await opened();
    await open.page.goto(await own.client.page());
    await open.page.getByRole('status').getByText('live').waitFor();
    return open;
  }

  it('is refused without a link or with a used one, and says how to get a new one', async () => {
    const link = await own.client.page();
    const first = await opened();
    await first.page.goto(link);
    await first.page.getByRole('heading', { name: 'Book', level: 1 }).waitFor();
    const place = first.page.url();
    const other = await opened();
    for (const [url, title] of [
      [new URL(link).origin, 'This page needs a link'],
      [place, 'This page needs a link'],
      [link, 'This link opens nothing'],
    ] as const) {
      await other.page.goto(url);
      await other.page.getByRole('heading', { name: title }).waitFor();
      expect(await other.page.textContent('main')).toContain('grapevine page');
    }
    expect(await first.page.evaluate(() => document.cookie)).toBe('');
  });

  it('refuses requests of another site that knows its address', async () => {
    const { page, context } = await entered();
    const api = new URL('v1/offers', page.url()).href;
    const before = await own.client.offers();
    const site = await startOtherSite();
    onTestFinished(() => site.stop());
    const elsewhere = await context.newPage();
    await elsewhere.goto(site.url);
    const tried = await elsewhere.evaluate(async (url) => {
      const offer = JSON.stringify({ type: 'sell', amount: '1' });
      const tries: RequestInit[] = [
        { credentials: 'include' },
        { method: 'POST', credentials: 'include', body: offer, headers: { 'content-type': 'application/json' } },
        { method: 'POST', credentials: 'include', body: offer, mode: 'no-cors' },
      ];
      return Promise.all(
        tries.map((init) =>
          fetch(url, init).then(
            (answer) => answer.type,
            () => 'refused',
          ),
        ),
      );
    }, api);
    // "opaque": the site can't read the answer, which is a refusal as well; see the number of offers below.
    expect(tried).toEqual(['refused', 'refused', 'opaque']);
    const framed = await elsewhere.evaluate((url) => {
      const frame = document.createElement('iframe');
      frame.src = url;
      document.body.append(frame);
      return new Promise((resolve) => {
        frame.addEventListener('load', () => {
          resolve(frame.contentDocument === null ? 'nothing of ours' : frame.contentDocument.title);
        });
      });
    }, page.url());
    expect(framed).toBe('nothing of ours');
    expect((await own.client.offers()).total).toBe(before.total);
  });

  it('refuses a forged Origin, even with the cookie', async () => {
    const { page, context } = await entered();
    const { origin } = new URL(page.url());
    const post = (headers: Record<string, string>) =>
      context.request.post(new URL('v1/offers', page.url()).href, { data: { type: 'sell', amount: '1' }, headers });
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, {}] as Record<string, string>[]) {
      const answer = await post(headers);
      expect([answer.status(), await answer.json()]).toMatchObject([403, { code: 'ERR_CONTROL_ORIGIN' }]);
    }
    expect((await post({ origin })).status()).toBe(201);
  });

  it('runs no inline script, and can reach no other host', async () => {
    const { page, complaints } = await entered();
    const policy = await page.evaluate(async () => (await fetch('.')).headers.get('content-security-policy'));
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
    expect(policy).not.toMatch(/unsafe|data:|https?:/);
    expect(complaints).toEqual([]);
    const tried = await page.evaluate(async () => {
      const inline = document.createElement('script');
      inline.textContent = 'document.title = "inline code has run"';
      document.head.append(inline);
      return [document.title, await fetch('http://127.0.0.2:1/').catch(() => 'refused')];
    });
    expect(tried).toEqual(['Grapevine', 'refused']);
    // The browser may log a message after the page has its result.
    for (const rule of ['script-src', 'connect-src'])
      await expect.poll(() => complaints).toContainEqual(expect.stringMatching(`Content Security Policy.*${rule}`));
  });

  it('loads in less than 150 KB', async () => {
    const open = await opened();
    const sizes: Promise<number>[] = [];
    open.page.on('requestfinished', (request) => {
      const isPage = !request.url().includes('/v1/');
      if (isPage) sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
    });
    await open.page.goto(await own.client.page());
    await open.page.getByRole('status').getByText('live').waitFor();
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeGreaterThan(30_000);
    expect(bytes).toBeLessThan(FIRST_LOAD_MAX_BYTES);
  });

  it('says that its desk does not answer, and reconnects after the desk has restarted', async () => {
    const first = await desks.withPage();
    const maker = await desks.other();
    const { page, complaints } = await opened();
    await page.goto(first.started.pageUrl ?? '');
    await page.getByRole('status').getByText('live').waitFor();
    const { offerId } = await first.client.announce({ type: 'sell', amount: '7.01' });
    await page.locator('.virtual .row', { hasText: '7.01' }).click();
    await page.getByText('You wrote the offer down').waitFor();

    await first.running.stop();
    await page.getByRole('alert').getByText('The desk does not answer.').waitFor();
    await page.getByRole('status').getByText('no answer').waitFor();
    expect(await page.locator('.virtual .row', { hasText: '7.01' }).count()).toBe(1);
    await maker.announce({ type: 'sell', amount: '7.02' });

    const second = await desks.withPage({}, first.dataDir);
    await page.getByRole('status').getByText('live').waitFor();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await page.locator('.virtual .row', { hasText: '7.02' }).waitFor();
    await page.getByRole('button', { name: 'Cancel the offer' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the offer' }).click();
    await page.getByText('You cancelled the offer. Nobody has it.').waitFor();
    expect((await second.client.offer(offerId)).phase).toBe('cancelled');
    // The browser logs each request without an answer, the one that needed a new session, and those that a stopping desk refuses.
    expect(
      complaints.filter(
        (text) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_EMPTY|ERR_CONNECTION_RESET| 401 | 503 /.test(text),
      ),
    ).toEqual([]);
  });
});
