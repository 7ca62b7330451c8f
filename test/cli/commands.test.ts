/**
 * The commands against real desks: two processes of `grapevine up` on real grapes, and one command after another in this
 * process, in both output forms, with their refusals. Each test makes the offers and deals that it looks at.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Check, ControlEvent, Deal, Offer, PeerView, Story } from '../../src/control/contract.ts';
import { ControlClient, type Grapes, type PeerId } from '../../src/index.ts';
import { freeNeighbours } from '../../testing/free-port.ts';
import { startLocalGrapes } from '../../testing/local-grapes.ts';
import { runCommand, type Said } from '../../testing/run-command.ts';
import { ScriptedMaker } from '../../testing/scripted-maker.ts';
import { RunningProgram } from '../../testing/running-program.ts';
import { makeTemporaryFolder } from '../../testing/temporary-folder.ts';
import { waitFor } from '../../testing/wait-for.ts';

/** Takes nothing by itself, unless its config file says so. */
let bravo: RunningProgram;
let alpha: RunningProgram;
let alphaId = '';
let bravoId = '';
let grapes: Grapes;
const root = makeTemporaryFolder();
const ALPHA = join(root, 'alpha');
const BRAVO = join(root, 'bravo');
const BRAVO_RULES = join(root, 'bravo.toml');
const rulesOf = (accept: string, more = '') => `accept = "${accept}"\n${more}[pairs."BTC/USD"]\namount-scale = 8\n`;
const RULES = rulesOf('none');
/** Desks with which alpha does not deal. */
const ALPHA_DENIED = join(root, 'denied.txt');

const up = (dataDir: string, ...more: string[]): RunningProgram =>
  new RunningProgram([
    'bin/grapevine.js',
    'up',
    ...grapes.api.flatMap((url) => ['--grape', url]),
    ...['--data-dir', dataDir],
    ...more,
  ]);

async function isReady(program: RunningProgram): Promise<string> {
  await program.event('control.ready');
  return String((await program.event('desk.ready'))['id']);
}

/** A command for one of the desks. */
const at = (dataDir: string, ...args: string[]): Promise<Said> => runCommand([...args, '--data-dir', dataDir]);

async function done(dataDir: string, ...args: string[]): Promise<string> {
  const { code, out, err } = await at(dataDir, ...args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

async function json<Value>(dataDir: string, ...args: string[]): Promise<Value[]> {
  const lines = (await done(dataDir, ...args, '--json')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Value);
}

async function one<Value>(dataDir: string, ...args: string[]): Promise<Value> {
  const values = await json<Value>(dataDir, ...args);
  expect(values).toHaveLength(1);
  return values[0] as Value;
}

/** What that desk's program says about an offer. */
const heard = (program: RunningProgram, event: string, offerId: string) =>
  program.event(event, (said) => said['offerId'] === offerId);

beforeAll(async () => {
  grapes = await startLocalGrapes();
  writeFileSync(BRAVO_RULES, RULES);
  writeFileSync(ALPHA_DENIED, '# nobody\n');
  alpha = up(ALPHA, '--deny-file', ALPHA_DENIED);
  bravo = up(BRAVO, '--config', BRAVO_RULES);
  [alphaId, bravoId] = await Promise.all([isReady(alpha), isReady(bravo)]);
}, 60_000);

afterAll(async () => {
  await Promise.all([alpha.stop(), bravo.stop()]);
  await grapes.stop();
  rmSync(root, { recursive: true, force: true });
});

/** An offer of the first desk, which the other one has heard of. */
async function offered(...args: readonly string[]): Promise<Offer> {
  const { offerId } = await one<Offer>(ALPHA, 'offer', ...args);
  await heard(bravo, 'offer.received', offerId);
  return one<Offer>(BRAVO, 'offers', offerId);
}

/** One that the other desk has won. */
async function dealt(): Promise<Offer> {
  const offer = await offered('sell', '0.250', 'BTC/USD', '--price', '8000.50');
  await done(BRAVO, 'accept', offer.offerId, '--wait');
  await heard(alpha, 'deal.awarded', offer.offerId);
  return offer;
}

async function dealOf(dataDir: string, { offerId }: Offer): Promise<Deal> {
  const deal = (await json<Deal>(dataDir, 'deals')).find((each) => each.offerId === offerId);
  return deal ?? expect.fail(`no deal of ${offerId}`);
}

/** The other desk's rules, while a test lasts. */
async function withRules(text: string): Promise<void> {
  onTestFinished(() => reload(RULES));
  await reload(text);
}

async function reload(text: string): Promise<void> {
  const before = bravo.all('settings.reloaded').length;
  writeFileSync(BRAVO_RULES, text);
  bravo.signal('SIGHUP');
  await waitFor(() => {
    expect(bravo.all('settings.reloaded').length).toBeGreaterThan(before);
  });
}

describe('an offer', () => {
  let offer: Offer;
  beforeAll(async () => {
    offer = await offered('sell', '0.25', 'BTC/USD', '--price', '8000.5', '--valid-for', '2h');
  });
  afterAll(() => done(ALPHA, 'cancel', offer.offerId));

  it('offer prints the id at once, and the offer', async () => {
    const out = await done(ALPHA, 'offer', 'sell', '0.250', 'BTC/USD', '--price', '8000.50', '--valid-for', '2h');
    const [offerId = '', sentence] = out.split('\n');
    expect(offerId).toMatch(/^[0-9a-f]{32}$/);
    expect(sentence).toBe('You offer to sell 0.25 BTC/USD at 8000.5 (total 2000.125).');
    await heard(bravo, 'offer.received', offerId);
    expect(await one<Offer>(BRAVO, 'offers', offerId)).toMatchObject({
      offerId,
      maker: alphaId,
      role: 'taker',
      amount: '0.25',
      total: '2000.125',
    });
    await done(ALPHA, 'cancel', offerId);
  });

  it('offers shows the offers on both sides, with the requested filters', async () => {
    const own = await done(ALPHA, 'offers');
    expect(own).toMatch(/^OFFER +MAKER +TYPE +AMOUNT +PAIR +PRICE +TOTAL +LEFT +STATE +SEEN\n/);
    expect(own).toMatch(
      new RegExp(`^${offer.offerId.slice(0, 8)} +you +sell +0\\.25 +BTC/USD +8000\\.5 .*1h 59m +open`, 'm'),
    );
    expect(await done(BRAVO, 'offers')).toContain(alphaId.slice(0, 8));
    expect(await done(BRAVO, 'offers', '--type', 'buy')).not.toContain(offer.offerId.slice(0, 8));
    expect(await done(BRAVO, 'offers', '--maker', alphaId.slice(0, 8))).toContain(offer.offerId.slice(0, 8));
    for (const filter of [['--mine'], ['--pair', 'ETH/USD'], ['--maker', bravoId]]) {
      expect(await done(BRAVO, 'offers', ...filter)).toBe('No offers.\n');
      expect(await json(BRAVO, 'offers', ...filter)).toEqual([]);
    }
    const sorted = await json(ALPHA, 'offers', '--mine', '--pair', 'BTC/USD', '--type', 'sell', '--sort', 'price');
    expect(sorted).toContainEqual(expect.objectContaining({ offerId: offer.offerId }));
  });

  it('rules test reads what offers --json prints', async () => {
    const file = join(root, 'offers.json');
    writeFileSync(file, await done(BRAVO, 'offers', '--json'));
    const { out, code } = await at(BRAVO, 'rules', 'test', file, '--accept', 'sell BTC/USD amount<=1 verified');
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/^yes: offer /) as string });
  });
});

describe('a deal, from the acceptance to the receipt', () => {
  let offer: Offer;
  beforeAll(async () => {
    offer = await dealt();
  });

  it('accept --wait prints what happens, until there is a deal', async () => {
    const offer = await offered('sell', '0.25', 'BTC/USD', '--price', '8000.5');
    const { code, out, err } = await at(BRAVO, 'accept', offer.offerId.slice(0, 6), '--wait');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [offerId, sentence, ...events] = out.trim().split('\n');
    expect(offerId).toBe(offer.offerId);
    expect(sentence).toBe('You accept the offer to sell 0.25 BTC/USD at 8000.5 (total 2000.125).');
    expect(events.at(-1)).toMatch(/^\d\d:\d\d:\d\d {2}DEAL: we have won offer /);
  });

  it('deals has it on both sides, as a table, as JSON and as CSV', async () => {
    expect(await done(ALPHA, 'deals')).toMatch(/sold +0\.25 +BTC\/USD +8000\.5 +2000\.125 /);
    expect(await done(BRAVO, 'deals', '--since', '1h')).toMatch(/bought +0\.25/);
    expect(await dealOf(BRAVO, offer)).toMatchObject({
      role: 'taker',
      offerId: offer.offerId,
      maker: alphaId,
      taker: bravoId,
      inDoubt: false,
    });
    expect(await done(BRAVO, 'deals', '--csv')).toContain(`,taker,${offer.offerId},${alphaId},${bravoId},sell,0.25,`);
    expect(await done(BRAVO, 'deals', '--in-doubt')).toBe('Nothing is in doubt.\n');
    expect(await done(ALPHA, 'deals', '--since', '2999-01-01')).toBe('No deals.\n');
  });

  it('explain prints the story of both sides', async () => {
    const makers = await done(ALPHA, 'explain', offer.offerId.slice(0, 8));
    expect(makers).toContain('You wrote the offer down and told everybody.');
    expect(makers).toContain(`${bravoId.slice(0, 8)} confirmed, and you awarded it. That is final.`);
    expect(makers).toContain('That is the end of it.');
    const takers = await done(BRAVO, 'explain', offer.offerId);
    expect(takers).toContain('Its maker awarded it to you. It is yours, and that is final.');
    const story = await one<Story>(BRAVO, 'explain', offer.offerId);
    expect(story.entries.map(({ event }) => event)).toEqual(['accepting', 'confirmed', 'won']);
    expect(story.awaits).toBeNull();
  });

  it('receipt writes the proof, and does not replace a file', async () => {
    const file = join(root, 'receipt.json');
    expect(await done(BRAVO, 'receipt', offer.offerId, '-o', file)).toBe(`Written to ${file}.\n`);
    const { offer: terms, award } = await one<Record<string, unknown>>(BRAVO, 'receipt', offer.offerId);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ grapevine: 'receipt/2', offer: terms, award });
    expect(await at(BRAVO, 'receipt', offer.offerId, '-o', file)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^ERR_USAGE: .*exists already/) as string,
    });
  });

  it('peers shows the other desk', async () => {
    expect(await done(ALPHA, 'peers')).toMatch(new RegExp(`^DESK .*\n(.*\n)*${bravoId.slice(0, 8)} .*\n`));
    const alphaSeen = expect.objectContaining({ id: alphaId, verified: true }) as PeerView;
    expect(await json<PeerView>(BRAVO, 'peers')).toContainEqual(alphaSeen);
  });
});

describe('other outcomes', () => {
  it('award lets the maker choose one of the takers that accepted', async () => {
    const { offerId } = await one<Offer>(ALPHA, 'offer', 'buy', '2', 'BTC/USD', '--price', '7000', '--award', 'manual');
    await heard(bravo, 'offer.received', offerId);
    expect(await one(BRAVO, 'accept', offerId, '--price', '6900')).toMatchObject({ offerId, phase: 'accepting' });
    await heard(alpha, 'acceptance.queued', offerId);
    expect(await done(ALPHA, 'offers')).toContain('open, 1 waiting');
    expect(await done(ALPHA, 'explain', offerId)).toContain(`1. ${bravoId.slice(0, 8)}, bidding 6900`);
    expect(await done(ALPHA, 'award', offerId.slice(0, 8), bravoId.slice(0, 6))).toMatch(
      /^Offer \S+ (is held for \S+, which is asked to confirm; the deal is made when it does|is awarded to \S+)\.\n$/,
    );
    await heard(bravo, 'deal.won', offerId);
    const deals = await json<Deal>(BRAVO, 'deals');
    expect(deals.find((deal) => deal.offerId === offerId)).toMatchObject({ unitPrice: '6900', total: '13800' });
  });

  it('award --wait prints what happens until the offer has ended', async () => {
    const { offerId } = await one<Offer>(ALPHA, 'offer', 'buy', '8', 'BTC/USD', '--price', '7000', '--award', 'manual');
    await heard(bravo, 'offer.received', offerId);
    await done(BRAVO, 'accept', offerId);
    await heard(alpha, 'acceptance.queued', offerId);
    const waiting = await done(ALPHA, 'award', offerId, bravoId, '--wait');
    expect(waiting).toMatch(/is held for \S+, which is asked to confirm|is awarded to/);
    expect(waiting).toMatch(new RegExp(`DEAL: offer ${offerId.slice(0, 8)}\\S* is awarded to ${bravoId.slice(0, 8)}`));
    // Once more: it is awarded already, and nothing more will happen.
    expect(await done(ALPHA, 'award', offerId, bravoId, '--wait')).toMatch(/^Offer \S+ is awarded to \S+\.\n$/);
    await heard(bravo, 'deal.won', offerId);
    const mine = `${offerId}\nThis deal is yours already: to buy 8 BTC/USD at 7000 (total 56000).\n`;
    expect(await done(BRAVO, 'accept', offerId, '--wait')).toBe(mine);
    expect(await done(BRAVO, 'accept', offerId, '--price', '6900')).toBe(mine);
  });

  it('award of a desk that has withdrawn is refused, with --wait too', async () => {
    const { offerId } = await one<Offer>(ALPHA, 'offer', 'buy', '9', 'BTC/USD', '--price', '1', '--award', 'manual');
    await heard(bravo, 'offer.received', offerId);
    await done(BRAVO, 'accept', offerId);
    await heard(alpha, 'acceptance.queued', offerId);
    await done(BRAVO, 'withdraw', offerId);
    await alpha.event('acceptance.withdrawn', (said) => said['offerId'] === offerId && said['taker'] === bravoId);
    expect(await done(ALPHA, 'explain', offerId)).not.toContain('Waiting for it');
    expect(await at(ALPHA, 'award', offerId, bravoId, '--wait')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^ERR_WRONG_STATE: .*has not accepted it/) as string,
    });
    await done(ALPHA, 'cancel', offerId);
  });

  it('offer --wait --json prints the offer, then a line for each event; with a window the best bid gets it', async () => {
    const client = ControlClient.ofFolder(BRAVO);
    const bidding = (async () => {
      const { offerId } = await bravo.event('offer.received', (event) => event['amount'] === '3');
      await client.accept(String(offerId), { unitPrice: '9001' });
    })();
    const args = ['offer', 'sell', '3', 'BTC/USD', '--price', '9000', '--award', 'best', '--window', '500ms', '--wait'];
    const [first, ...events] = await json<Offer | ControlEvent>(ALPHA, ...args, '--to', bravoId.slice(0, 8));
    await bidding;
    await client.close();
    expect(first).toMatchObject({ award: 'best', windowMs: 500, to: [bravoId], phase: 'open' });
    expect(events.at(-1)).toMatchObject({ event: 'deal.awarded', taker: bravoId, unitPrice: '9001' });
  });

  describe('offer --wait without a taker', () => {
    const short = ['offer', 'sell', '4', 'X/Y', '--price', '1', '--valid-for', '300ms', '--wait'];

    it('ends with code 1 and the reason', async () => {
      const { code, out, err } = await at(ALPHA, ...short);
      expect({ code, err }).toEqual({
        code: 1,
        err: expect.stringMatching(/^ERR_OFFER_EXPIRED: offer .* nobody gets it\n$/) as string,
      });
      expect(out).toContain('has expired.');
    });

    it('prints at once how an earlier offer of its reference ended', async () => {
      const again = [...short, '--reference', 'ended'];
      await at(ALPHA, ...again);
      const { code, out, err } = await at(ALPHA, ...again);
      expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^ERR_OFFER_EXPIRED: /) as string });
      expect(out).toContain('has ended: expired.');
    });
  });

  it('cancel ends an open offer, renew makes it again; neither can be done to a deal', async () => {
    const { offerId } = await one<Offer>(ALPHA, 'offer', 'sell', '5', 'BTC/USD', '--price', '1', '--valid-for', '1h');
    expect(await done(ALPHA, 'cancel', offerId.slice(0, 8))).toBe(`Offer ${offerId} is cancelled: nobody gets it.\n`);
    const awarded = await dealt();
    expect(await at(ALPHA, 'cancel', awarded.offerId)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^ERR_OFFER_TAKEN: /) as string,
    });
    expect(await at(ALPHA, 'renew', awarded.offerId)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^ERR_OFFER_TAKEN: /) as string,
    });
    const again = await one<Offer>(ALPHA, 'renew', offerId, '--valid-for', '90m');
    expect(again).toMatchObject({ amount: '5', phase: 'open', type: 'sell' });
    expect((again.expiresAt ?? 0) - (again.issuedAt ?? 0)).toBe(5_400_000);
    expect(again.offerId).not.toBe(offerId);
    // One that is still open ends with that, so that nobody can have both.
    expect(await done(ALPHA, 'renew', again.offerId)).toMatch(/\nYou offer again to sell 5 BTC\/USD at 1/);
    const open = (await json<Offer>(ALPHA, 'offers', '--mine')).filter(({ amount }) => amount === '5');
    expect(open).toHaveLength(1);
    await done(ALPHA, 'cancel', open[0]?.offerId ?? '');
    expect(await json(ALPHA, 'offers', '--mine', '--all')).not.toHaveLength(0);
  });

  it('withdraw ends an acceptance, and the offer can be accepted again', async () => {
    const { offerId } = await one<Offer>(ALPHA, 'offer', 'buy', '6', 'BTC/USD', '--price', '1', '--award', 'manual');
    await heard(bravo, 'offer.received', offerId);
    await done(BRAVO, 'accept', offerId);
    await heard(alpha, 'acceptance.queued', offerId);
    expect(await done(BRAVO, 'withdraw', offerId.slice(0, 8))).toBe(
      `Your acceptance of offer ${offerId} is withdrawn.\n`,
    );
    expect(await one<Story>(BRAVO, 'explain', offerId)).toMatchObject({ offer: { phase: 'withdrawn' } });
    expect(await done(BRAVO, 'explain', offerId)).toContain(
      `You can accept it again while it is valid: grapevine accept ${offerId.slice(0, 8)}`,
    );
    expect(await done(BRAVO, 'accept', offerId)).toContain('You had withdrawn your acceptance; this is a new one.');
    await heard(bravo, 'acceptance.queued', offerId);
    await done(BRAVO, 'withdraw', offerId);
    await done(ALPHA, 'cancel', offerId);
  });
});

describe('a refused command', () => {
  it.each([
    [['accept', 'ffffffff'], 1, /^ERR_OFFER_UNKNOWN: /],
    [['cancel', 'ffffffff'], 1, /^ERR_OFFER_UNKNOWN: /],
    [['explain', 'ffffffff'], 1, /^ERR_OFFER_UNKNOWN: /],
    [['receipt', 'ffffffff'], 1, /^ERR_OFFER_UNKNOWN: /],
    [['withdraw', 'ffffffff'], 1, /^ERR_OFFER_UNKNOWN: /],
    [['renew', 'ffffffff'], 1, /^ERR_OFFER_UNKNOWN: /],
    [['award', 'ffffffff', 'ffffffff'], 1, /^ERR_OFFER_UNKNOWN: /],
    [['resolve', 'ffffffff', '--as', 'lost'], 1, /^ERR_OFFER_UNKNOWN: /],
    [['resolve', 'ffffffff'], 2, /^ERR_USAGE: .*--as/],
    [['accept', 'ff'], 2, /^ERR_USAGE: .*first 4 or more/],
    [['offer', 'sell', '1,5', 'BTC/USD', '--price', '1'], 2, /^ERR_USAGE: .*not a plain decimal; allowed/],
    [['offer', 'sell', '0', 'BTC/USD', '--price', '1'], 2, /^ERR_USAGE: .*more than 0/],
    [['offer', 'sell', '1', 'BTC/USD', '--price', '1e3'], 2, /^ERR_USAGE: .*not a plain decimal/],
    [['offer', 'sell', '1', 'BTC/USD', '--price', '9'.repeat(400)], 2, /^ERR_USAGE: .*too long/],
    [['offer', 'sell', '1', 'BTC/USD'], 2, /^ERR_USAGE: .*--price/],
    [['offer', 'lend', '1', 'BTC/USD', '--price', '1'], 2, /^ERR_USAGE: .*buy, sell/],
    [['offer', 'sell', '1', 'BTC/USD', '--price', '1', '--award', 'best'], 2, /^ERR_USAGE: .*--window/],
    [['offer', 'sell', '1', 'BTC/USD', '--price', '1', '--window', '1s'], 2, /^ERR_USAGE: .*--award best/],
    [
      ['offer', 'sell', '1', 'BTC/USD', '--price', '1', '--to', 'ffffffff'],
      2,
      /^ERR_USAGE: --to ffffffff: no known desk/,
    ],
    [['offer', 'sell', '1', 'BTC/USD', '--price', '1', '--valid-for', '90d'], 2, /^ERR_USAGE: .*30 days at most/],
    [['offer', 'sell', '0.123456789', 'BTC/USD', '--price', '1'], 1, /^ERR_INVALID_OFFER: .*at most 8 decimals/],
    [['deals', '--since', 'yesterday'], 2, /^ERR_USAGE: .*like 24h/],
    [['deals', '--csv', '--json'], 2, /^ERR_USAGE: use --csv or/],
    [['offers', '--sort', 'beauty'], 2, /^ERR_USAGE: .*price, amount, age, validity/],
    [['explian', 'ffffffff'], 2, /^ERR_USAGE: unknown command 'explian'\n\(Did you mean explain\?\)/],
  ])('%j ends with code %i and says why', async (args, code, text) => {
    const said = await at(BRAVO, ...args);
    expect(said).toMatchObject({ code, out: '' });
    expect(said.err).toMatch(text);
    expect(said.err).not.toMatch(/^\s+at /m);
  });

  it('is any that needs a running desk, if none is running', async () => {
    const nowhere = join(root, 'nowhere');
    for (const args of [
      ['offers'],
      ['offer', 'buy', '1', 'A/B', '--price', '1'],
      ['accept', 'ffffffff'],
      ['withdraw', 'ffffffff'],
      ['cancel', 'ffffffff'],
      ['award', 'ffffffff', 'ffffffff'],
      ['renew', 'ffffffff'],
      ['deals'],
      ['receipt', 'ffffffff'],
      ['explain', 'ffffffff'],
      ['peers'],
      ['watch'],
    ]) {
      const { code, out, err } = await at(nowhere, ...args);
      expect({ args, code, out, err }).toEqual({
        args,
        code: 1,
        out: '',
        err: expect.stringMatching(/^ERR_DESK_NOT_RUNNING: .*grapevine up/) as string,
      });
    }
  });
});

describe('watch', () => {
  it('--json prints an event a line until it is stopped', async () => {
    const watching = new RunningProgram(['bin/grapevine.js', 'watch', '--json', '--data-dir', ALPHA]);
    await watching.event('stream.open');
    const { offerId } = await one<Offer>(ALPHA, 'offer', 'sell', '7', 'BTC/USD', '--price', '1');
    expect(await heard(watching, 'offer.opened', offerId)).toMatchObject({
      maker: alphaId,
      cursor: expect.any(String) as string,
    });
    await done(ALPHA, 'cancel', offerId);
    await heard(watching, 'offer.cancelled', offerId);
    watching.signal('SIGINT');
    expect(await watching.ended).toEqual({ code: 0, signal: null });
    expect(watching.errorText).toBe('');
  });
});

describe('watch on a terminal', () => {
  const { stdout } = process;
  const before = { isTTY: stdout.isTTY, columns: stdout.columns, rows: stdout.rows };

  afterEach(() => {
    Object.assign(stdout, before);
  });

  it('shows the offers and events, and redraws them in place', async () => {
    Object.assign(stdout, { isTTY: true, columns: 80, rows: 24 });
    const client = ControlClient.ofFolder(ALPHA);
    const stop = process.listeners('SIGINT');
    const watching = at(ALPHA, 'watch');
    await waitFor(() => {
      expect(written()).toContain(`desk ${alphaId.slice(0, 8)}`);
    });
    const { offerId } = await client.announce({ type: 'sell', amount: '7.5', pair: 'BTC/USD', unitPrice: '1' });
    await waitFor(() => {
      expect(written()).toContain(`Offer ${offerId.slice(0, 8)} is open`);
    });
    await client.cancel(offerId);
    await waitFor(() => {
      expect(written()).toContain(`Offer ${offerId.slice(0, 8)} is cancelled`);
    });
    await client.close();
    for (const listener of process.listeners('SIGINT')) if (!stop.includes(listener)) listener('SIGINT');
    const { code, out, err } = await watching;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(new RegExp(`desk ${alphaId.slice(0, 8)} \\| \\d+ desks known`));
    expect(out).toMatch(/you +sell +7\.5 +BTC\/USD/);
    // Each picture takes the one before away.
    expect(out).toContain('\u001b[2K\u001b[1A');
  });

  function written(): string {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it is a mock, and is not called
    const { calls } = vi.mocked(stdout.write).mock;
    return calls.map(([text]) => text.toString()).join('');
  }
});

describe('up', () => {
  it('refuses a second desk on the same folder, with the reason', async () => {
    const second = up(ALPHA);
    expect((await second.ended).code).toBe(1);
    expect(second.errorText).toMatch(/^ERR_JOURNAL_LOCKED: the data folder .* is in use by another desk/);
  });

  it('reads the rules again at SIGHUP; invalid ones are refused, and the old ones stay in force', async () => {
    writeFileSync(BRAVO_RULES, 'accept = "sell BTC/USD ammount<=2"\n');
    bravo.signal('SIGHUP');
    await bravo.event('settings.refused', ({ code }) => code === 'ERR_RULE');
    await withRules(rulesOf('sell BTC/USD amount<=1', 'port = 1\nlog-level = "warn"\n'));
    expect(bravo.all('settings.reloaded').at(-1)).toMatchObject({ rules: 1, needRestart: ['port', 'log-level'] });
    const { offerId } = await one<Offer>(ALPHA, 'offer', 'sell', '1', 'BTC/USD', '--price', '2');
    await heard(bravo, 'deal.won', offerId);
  });

  it('reads an allow file again when it changes; an invalid one is refused, and the old lists stay in force', async () => {
    onTestFinished(() => deny('# nobody'));
    await deny(bravoId);
    writeFileSync(ALPHA_DENIED, 'nonsense here\n');
    expect(await alpha.event('settings.refused')).toMatchObject({ code: 'ERR_CONFIG' });
    const { offerId } = await offered('sell', '1', 'BTC/USD', '--price', '2');
    const { code, err } = await at(BRAVO, 'accept', offerId, '--wait');
    expect({ code, err }).toEqual({ code: 1, err: `ERR_REFUSED: offer ${offerId} is not yours: refused\n` });
    await done(ALPHA, 'cancel', offerId);
  });

  it('follows a deny file that a reload has added', async () => {
    const file = join(root, 'denied-later.txt');
    writeFileSync(file, '# nobody\n');
    await withRules(rulesOf('none', `deny-file = ${JSON.stringify(file)}\n`));
    writeFileSync(file, 'nonsense here\n');
    await bravo.event('settings.refused', ({ text }) => String(text).includes('denied-later.txt:1'));
  });

  async function deny(text: string): Promise<void> {
    const before = alpha.all('settings.reloaded').length;
    writeFileSync(ALPHA_DENIED, `${text}\n`);
    await waitFor(() => {
      expect(alpha.all('settings.reloaded').length).toBeGreaterThan(before);
    });
  }

  it('answers programs about its state, settings, metrics and rules', async () => {
    // So that its journal has written something, and the metrics know it.
    await dealt();
    await withRules(rulesOf('sell BTC/USD amount<=1'));
    const client = ControlClient.ofFolder(BRAVO);
    onTestFinished(() => client.close());
    expect(await client.ready()).toEqual({ ready: true, reasons: [] });
    expect(await client.desk()).toMatchObject({ id: bravoId, dataDir: BRAVO, trust: 'signed', network: 'local' });
    const settings = await client.config();
    expect(settings).toContainEqual({ name: 'data-dir', value: BRAVO, source: 'flag', from: '--data-dir' });
    expect(settings.find(({ name }) => name === 'accept')).toMatchObject({
      value: ['sell BTC/USD amount<=1'],
      source: 'file',
    });
    expect(await client.reloadRules()).toEqual({ rules: 1 });
    const offer = { type: 'sell', pair: 'BTC/USD', maker: alphaId } as const;
    expect(await client.testRules({ ...offer, amount: '1' })).toMatchObject({
      takes: true,
      rule: 'sell BTC/USD amount<=1',
    });
    const { takes, reasons } = await client.testRules({ ...offer, amount: '2' });
    expect({ takes, reasons }).toEqual({
      takes: false,
      reasons: [expect.stringContaining('amount 2 is not <=1') as string],
    });
    expect(await client.metrics()).toMatch(/^grapevine_journal_append_seconds_count [1-9]/m);
  });

  it('--embedded-grapes starts grapes at the addresses of --grape, and refuses addresses that do not fit', async () => {
    const folder = join(root, 'charlie');
    const first = await freeNeighbours();
    const args = ['up', '--embedded-grapes', '--data-dir', folder, '--grape', `http://127.0.0.1:${first}`];
    const charlie = new RunningProgram(['bin/grapevine.js', ...args]);
    await isReady(charlie);
    const api = [`http://127.0.0.1:${first}`, `http://127.0.0.1:${first + 1}`];
    expect(await charlie.event('grapes.ready')).toMatchObject({ api });
    expect(await charlie.stop()).toEqual({ code: 0, signal: null });
    expect(await runCommand([...args, '--grape', 'http://127.0.0.1:1'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^ERR_USAGE: with --embedded-grapes.*following ports/) as string,
    });
  });

  it('answers and can be stopped while it waits for grapes', async () => {
    const waiting = new RunningProgram([
      'bin/grapevine.js',
      'up',
      '--data-dir',
      join(root, 'delta'),
      '--grape',
      'http://127.0.0.1:1',
    ]);
    await waiting.event('grapes.waiting');
    const client = ControlClient.ofFolder(join(root, 'delta'));
    onTestFinished(() => client.close());
    expect(await client.ready()).toEqual({
      ready: false,
      reasons: [expect.stringContaining('waits for a grape') as string],
    });
    const { code, out } = await at(join(root, 'delta'), 'doctor');
    expect({ code, out }).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^fail +desk +running, and not ready/) as string,
    });
    expect(await waiting.stop()).toEqual({ code: 0, signal: null });
  });

  it('continues after a restart with the same offers, deals and histories', async () => {
    const deal = await dealt();
    const before = await json<Deal>(BRAVO, 'deals');
    const { offerId } = await offered('buy', '8', 'BTC/USD', '--price', '2', '--award', 'manual');
    await done(BRAVO, 'accept', offerId);
    await heard(alpha, 'acceptance.queued', offerId);

    expect(await bravo.stop()).toEqual({ code: 0, signal: null });
    expect(existsSync(join(BRAVO, 'control.sock'))).toBe(false);
    expect((await at(BRAVO, 'peers')).err).toMatch(/^ERR_DESK_NOT_RUNNING: .*start it with: grapevine up --data-dir /);
    const stopped = await at(BRAVO, 'deals', '--json');
    expect(stopped.err).toBe('The desk is not running: this is what its journal has.\n');
    expect(
      stopped.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Deal),
    ).toEqual(before);
    expect((await at(BRAVO, 'receipt', deal.offerId)).out).toContain('"grapevine": "receipt/');
    const examined = await json<Check>(BRAVO, 'doctor', ...grapes.api.flatMap((url) => ['--grape', url]));
    // At least the one that waits for its award.
    expect(examined.find(({ name }) => name === 'journal')?.found).toMatch(
      /can be read and written; unfinished offers: [1-9]\d*$/,
    );
    await done(BRAVO, 'backup', join(root, 'offline.db'));
    expect(await done(BRAVO, 'resolve')).toBe('Nothing is in doubt.\n');

    bravo = up(BRAVO, '--config', BRAVO_RULES, '--control-port', '0');
    expect(await isReady(bravo)).toBe(bravoId);
    expect(await json<Deal>(BRAVO, 'deals')).toEqual(before);
    expect(await one<Story>(BRAVO, 'explain', deal.offerId)).toMatchObject({ offer: { phase: 'won' } });
    await done(ALPHA, 'award', offerId, bravoId);
    await heard(bravo, 'deal.won', offerId);
  });
});

describe('doctor, backup and resolve on a running desk', () => {
  it('doctor finds no problem', async () => {
    expect(await done(ALPHA, 'doctor')).toMatch(
      /^ok +desk +[0-9a-f]{8} is running on port \d+ and ready\nok +grapes +2 of 2/,
    );
    const checks = await json<Check>(BRAVO, 'doctor');
    expect(checks.map(({ name, ok }) => [name, ok])).toEqual(
      ['desk', 'grapes', 'seen', 'port', 'clock', 'disk', 'fsync', 'journal', 'key', 'versions'].map((name) => [
        name,
        expect.stringMatching(/ok|warn/) as string,
      ]),
    );
  });

  it('doctor examines the desk whose folder is in the config file', async () => {
    const file = join(root, 'named.toml');
    writeFileSync(file, `data-dir = ${JSON.stringify(ALPHA)}\n`);
    const { out } = await runCommand(['doctor', '--config', file]);
    expect(out).toMatch(new RegExp(`^ok +desk +${alphaId.slice(0, 8)} is running`));
  });

  it('doctor reports a missing desk and missing grapes, with code 1', async () => {
    const { code, out, err } = await at(join(root, 'nowhere'), 'doctor', '--grape', 'http://127.0.0.1:1');
    expect(code).toBe(1);
    expect(out).toMatch(
      /^fail +grapes +0 of 1 answer; http:\/\/127\.0\.0\.1:1: .*\n +-> start grapes .*--data-dir .*nowhere --embedded-grapes/m,
    );
    expect(err).toMatch(/^ERR_WRONG_STATE: something is wrong with: grapes/);
  });

  it('backup writes a copy, and never replaces a file', async () => {
    const file = join(root, 'copy.db');
    expect(await one(ALPHA, 'backup', file)).toEqual({ file });
    expect(await at(ALPHA, 'backup', file)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^ERR_USAGE: .*exists/) as string,
    });
  });

  it('resolve lists nothing if nothing is in doubt, and refuses to close other offers', async () => {
    expect(await done(ALPHA, 'resolve')).toBe('Nothing is in doubt.\n');
    expect(await json(ALPHA, 'resolve')).toEqual([]);
    const { offerId } = await dealt();
    const { code, err } = await at(BRAVO, 'resolve', offerId, '--as', 'lost');
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^ERR_WRONG_STATE: /) as string });
  });

  it('an offer in doubt is shown as such everywhere, and can be closed by hand', async () => {
    const { offerId, maker } = await doubt();
    expect(await done(BRAVO, 'offers')).toContain('IN DOUBT');
    expect(await one(BRAVO, 'deals', '--in-doubt')).toMatchObject({ offerId, inDoubt: true, role: 'taker' });
    expect(await done(BRAVO, 'explain', offerId)).toContain(`grapevine resolve ${offerId} --as won or lost`);
    expect(await at(BRAVO, 'withdraw', offerId)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^ERR_OFFER_IN_DOUBT: /) as string,
    });
    expect(await json(BRAVO, 'resolve')).toEqual([{ offerId, maker, role: 'taker' }]);
    expect(await done(BRAVO, 'resolve')).toMatch(/--as won or --as lost\n$/);
    expect(await done(BRAVO, 'resolve', offerId, '--as', 'lost')).toBe(`Offer ${offerId} is closed by hand as lost.\n`);
    expect(await done(BRAVO, 'explain', offerId)).toContain('You closed the doubt by hand as lost');
    expect(await json(BRAVO, 'resolve')).toEqual([]);
  });

  /** A maker asks whether the taker still wants it, and is gone before it could decide. */
  async function doubt(): Promise<{ readonly offerId: string; readonly maker: string }> {
    const maker = new ScriptedMaker(grapes.api);
    onTestFinished(() => maker.stop());
    maker.answer = () => ({ kind: 'queued', position: 1 });
    await maker.start();
    const terms = maker.terms('doubtful');
    await maker.broadcast({ cmd: 'offer:new', terms });
    const { offerId } = await heard(bravo, 'offer.received', terms.offerId);
    await done(BRAVO, 'accept', String(offerId));
    const names = { offerId: terms.offerId, maker: maker.id, taker: bravoId as PeerId };
    await maker.send(bravoId, { cmd: 'offer:accept:approved', ...names, epoch: 1, until: Date.now() + 10_000 });
    await heard(bravo, 'award.confirmed', terms.offerId);
    await maker.stop();
    return { offerId: terms.offerId, maker: maker.id };
  }
});
