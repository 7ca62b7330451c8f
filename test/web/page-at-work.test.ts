/** An operator trades on the page: real Chromium, real desks, real grapes. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../../src/index.ts';
import type { OfferId, PeerId } from '../../src/protocol/ids.ts';
import { ScriptedMaker } from '../../testing/scripted-maker.ts';
import { waitFor } from '../../testing/wait-for.ts';
import { hasChromium, openPage, PAGE_TEST_TIMEOUT_MS, startBrowser, type OpenPage } from './browser.ts';
import { PageDesks, type DeskWithPage } from './page-desks.ts';

/** The other desk accepts offers of this amount automatically. */
const TAKEN_AT_ONCE = '0.5';

describe.skipIf(!hasChromium)('the page at work', { timeout: PAGE_TEST_TIMEOUT_MS }, () => {
  let desks: PageDesks;
  let browser: Browser;
  let own: DeskWithPage;
  let maker: Desk;
  let rival: Desk;
  let open: OpenPage;
  let page: Page;

  beforeAll(async () => {
    [desks, browser] = await Promise.all([PageDesks.start(), startBrowser()]);
    [own, maker, rival] = await Promise.all([
      desks.withPage(),
      desks.other({ interest: ({ amount }) => amount === TAKEN_AT_ONCE }),
      desks.other(),
    ]);
    open = await openPage(browser, { acceptDownloads: true });
    page = open.page;
    await page.goto(own.started.pageUrl ?? '');
    await page.getByRole('status').getByText('live').waitFor();
  }, PAGE_TEST_TIMEOUT_MS);

  /** The browser's console messages about refusals that a test causes on purpose. */
  let refused: unknown[];
  beforeEach(async () => {
    refused = [];
    // Reloads the page without the hash, which names the open offer.
    await page.goto(page.url().replace(/#.*/, ''));
    await page.keyboard.press('1');
    await page.getByRole('status').getByText('live').waitFor();
  });
  // No unexpected console message, and no request to another host.
  afterEach(async () => {
    // The browser may log a message after the page has shown the result.
    try {
      await waitFor(() => {
        expect(open.complaints).toEqual(refused);
      });
    } finally {
      open.complaints.length = 0;
    }
  });

  afterAll(async () => {
    await browser.close();
    await desks.stop();
  });

  const row = (amount: string) => page.locator('.virtual .row', { has: page.getByText(amount, { exact: true }) });
  const panel = () => page.getByRole('complementary', { name: 'Offer' });
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const confirm = (name: string) => page.getByRole('dialog').getByRole('button', { name, exact: true }).click();

  /** Resolves when the row is shown. */
  async function announced(amount: string, more: object = {}): Promise<string> {
    const { offerId } = await maker.announce({ type: 'sell', amount, pair: 'BTC/USD', unitPrice: '8000', ...more });
    await row(amount)
      .waitFor()
      .catch(async (error: unknown) => {
        const known = (await own.client.offers({ ids: [offerId] })).total;
        const status = await page.getByRole('status').first().textContent();
        throw new Error(`not shown; the desk knows ${known} of it, and the page is ${status ?? '?'}`, { cause: error });
      });
    return offerId;
  }

  it('shows an offer of another desk within a second, and its end', async () => {
    const times: number[] = [];
    let last = '';
    for (const amount of ['1.01', '1.02', '1.03']) {
      const start = performance.now();
      last = await announced(amount);
      times.push(performance.now() - start);
    }
    // One of three, as the machine may be busy for a moment.
    expect(Math.min(...times)).toBeLessThan(1_000);
    await maker.cancel(last);
    await row('1.03').waitFor({ state: 'detached' });
    await page.getByLabel('Include ended').check();
    await row('1.03').getByText('not yours: cancelled').or(row('1.03').getByText('cancelled')).first().waitFor();
    await page.getByLabel('Include ended').uncheck();
  });

  it('repeats a request that the desk could not answer', async () => {
    refused.push(expect.stringMatching(/ 503 .*\/v1\/offers\?/));
    await page.route('**/v1/offers?*', (route) => route.fulfill({ status: 503, body: '' }), { times: 1 });
    await announced('1.11');
  });

  it('makes an offer: shows errors beside fields, the exact total while typing, and the deal', async () => {
    await page.keyboard.press('n');
    const form = page.getByRole('dialog', { name: 'New offer' });
    await form.getByLabel('Amount').fill('1e');
    await expect.poll(() => form.getByRole('alert').textContent()).toMatch(/decimal/);
    await form.getByLabel('Amount').fill(TAKEN_AT_ONCE);
    await form.getByLabel('Pair').fill('ETH/USD');
    await form.getByLabel('Unit price').fill('0.30000000000000004');
    await form
      .getByRole('status')
      .filter({ hasText: /^0\.15000000000000002$/ })
      .waitFor();
    await form.getByRole('button', { name: 'Offer to sell' }).click();
    await form.waitFor({ state: 'detached' });
    await panel()
      .getByText(`DEAL with ${maker.id.slice(0, 8)}`)
      .waitFor();
    await panel().getByText('confirmed, and you awarded it. That is final.').waitFor();
    await page.keyboard.press('Escape');
    await panel().waitFor({ state: 'detached' });
  });

  it('accepts an offer, saves the receipt, and verifies a dropped receipt', async () => {
    refused.push(expect.stringMatching(/ 404 .*\/v1\/verify\)$/));
    await announced('2.01');
    await row('2.01').click();
    await panel().getByRole('button', { name: 'Accept' }).click();
    await confirm('Accept');
    await panel().getByText('DEAL: yours').waitFor();
    await panel().getByText('Its maker awarded it to you.').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), press('Save the receipt')]);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    const receipt = Buffer.concat(chunks).toString();
    await drop(receipt);
    const verdict = page.getByRole('dialog', { name: 'Receipts' });
    await verdict.getByText('Proves a deal').waitFor();
    await verdict.getByText(maker.id).first().waitFor();
    await verdict.getByRole('button', { name: 'Close' }).last().click();
    const forged = receipt.replaceAll('2.01', '20.1');
    expect(forged).not.toBe(receipt);
    await drop(forged);
    await verdict.getByText('Proves nothing').waitFor();
    await page.keyboard.press('Escape');
  });

  function drop(text: string): Promise<void> {
    return page.evaluate((content) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([content], 'receipt.json', { type: 'application/json' }));
      for (const type of ['dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }, text);
  }

  it('shows why an offer was lost to another desk', async () => {
    const heard = rival.until(({ event }) => event === 'offer.received');
    const offerId = await announced('3.01', { award: 'manual' });
    await heard;
    await row('3.01').click();
    await panel().getByRole('button', { name: 'Accept' }).click();
    await confirm('Accept');
    await panel().getByText('in the queue').waitFor();
    const queued = maker.until((notice) => notice.event === 'acceptance.queued' && notice.taker === rival.id);
    await rival.accept(offerId);
    await queued;
    await maker.award(offerId, rival.id);
    await panel().getByText('not yours: taken').waitFor();
    await panel().getByText('You did not get it: somebody else has it.').waitFor();
  });

  it('awards an offer by hand to a waiting taker', async () => {
    await page.keyboard.press('n');
    const form = page.getByRole('dialog', { name: 'New offer' });
    await form.getByText('I choose').click();
    await form.getByLabel('Amount').fill('4.01');
    const [received] = await Promise.all([
      maker.until(({ event }) => event === 'offer.received'),
      form.getByRole('button', { name: 'Offer to sell' }).click(),
    ]);
    const { offerId } = received as unknown as { readonly offerId: string };
    await maker.accept(offerId);
    const waiting = panel()
      .getByRole('listitem')
      .filter({ hasText: maker.id.slice(0, 8) });
    await waiting.getByRole('button', { name: 'Award' }).click();
    await confirm('Award it');
    await panel()
      .getByText(`DEAL with ${maker.id.slice(0, 8)}`)
      .waitFor();
    expect(maker.offer(offerId)?.phase).toBe('won');
  });

  it('shows a doubt first, until the maker decides or it is closed by hand', async () => {
    const [told, closed] = [await doubt('5.01'), await doubt('5.02')];
    await page.keyboard.press('2');
    const urgent = page.locator('.group.urgent');
    for (const amount of ['5.01', '5.02']) await urgent.getByText(`sell ${amount}`).waitFor();
    await expect.poll(() => page.title()).toBe('(2) Grapevine');

    await urgent.getByText('sell 5.01').click();
    await panel().getByText('In doubt.').waitFor();
    await told.decide();
    await panel().getByText('DEAL: yours').waitFor();

    await urgent.getByText('sell 5.02').click();
    await panel().getByRole('button', { name: 'I do not have it' }).click();
    await confirm('Close as lost');
    await panel().getByText('You closed the doubt by hand as lost').waitFor();
    await urgent.getByText('Nothing is in doubt').waitFor();
    await expect.poll(() => page.title()).toBe('Grapevine');
    await closed.maker.stop();
    await told.maker.stop();
  });

  /** A maker asks this desk to confirm, and then does not send its decision. */
  async function doubt(amount: string): Promise<{ readonly maker: ScriptedMaker; readonly decide: () => unknown }> {
    const silent = new ScriptedMaker(desks.grapes.api);
    silent.answer = () => ({ kind: 'queued', position: 1 });
    await silent.start();
    const self = own.running.id as PeerId;
    const terms = silent.terms(`doubt${amount.replace('.', '')}`, {
      amount: amount as ReturnType<ScriptedMaker['terms']>['amount'],
    });
    await silent.broadcast({ cmd: 'offer:new', terms });
    await row(amount).click();
    await panel().getByRole('button', { name: 'Accept' }).click();
    await confirm('Accept');
    await panel().getByText('in the queue').waitFor();
    const names = { offerId: 'x' as OfferId, maker: silent.id };
    const { offerId } = terms;
    await silent.send(self, {
      cmd: 'offer:accept:approved',
      ...names,
      offerId,
      taker: self,
      epoch: 1,
      until: Date.now() + 10_000,
    });
    await panel().getByText('In doubt.').waitFor();
    await page.keyboard.press('Escape');
    const decide = (): Promise<unknown> =>
      silent.send(self, { cmd: 'offer:done', ...names, offerId, outcome: 'awarded', winner: self, epoch: 1 });
    return { maker: silent, decide };
  }

  it('offers a job with details and a reference, and shows both reports', async () => {
    refused.push(expect.stringMatching(/ 400 .*\/v1\/offers\)$/));
    await page.keyboard.press('n');
    const form = page.getByRole('dialog', { name: 'New offer' });
    await form.getByText('Have a job done').click();
    // The form still has the choices of the previous offer.
    await form.getByText('First', { exact: true }).click();
    await form.getByLabel('Details').fill('{"task": "count the words"}');
    await form.getByLabel('Reference').fill('night 1');
    await form.getByLabel('Report within').fill('1h');
    await form.getByRole('button', { name: 'Offer the job' }).click();
    const problem = form.locator('.field', { hasText: 'Reference' }).getByRole('alert');
    await problem.filter({ hasText: 'letters, digits' }).waitFor();
    await form.getByLabel('Reference').fill('night-1');
    const heard = maker.until(({ event }) => event === 'offer.received');
    await form.getByRole('button', { name: 'Offer the job' }).click();
    const { offerId } = (await heard) as unknown as { readonly offerId: string };
    const won = maker.until(({ event }) => event === 'deal.won');
    await maker.accept(offerId);
    await won;
    await panel().getByText('"task": "count the words"').waitFor();
    await panel().getByText('night-1').waitFor();

    await page.keyboard.press('2');
    await page.locator('.group', { hasText: 'Deals to report' }).getByText('night-1').click();
    await maker.report(offerId, 'done', { words: 4711 });
    await panel().getByText('"words": 4711').waitFor();
    await page.getByText('Deals to report').waitFor({ state: 'detached' });

    await panel().getByRole('button', { name: 'Report failed' }).click();
    const report = page.getByRole('dialog', { name: 'Report the deal as failed?' });
    await report.getByLabel('Reason').fill('It was 4712.');
    await report.getByRole('button', { name: 'Report failed' }).click();
    await panel().getByText('It was 4712.').first().waitFor();
    await panel()
      .getByRole('button', { name: /Report/ })
      .first()
      .waitFor({ state: 'detached' });
    await page.keyboard.press('3');
    await page.locator('.virtual .row', { hasText: 'failed' }).waitFor();
  });
});
