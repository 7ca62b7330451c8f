/** Tables and screens as they are printed: `tables.txt` is looked at by a person. */
import pc from 'picocolors';
import stringWidth from 'string-width';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { examinationText } from '../../src/cli/doctor.ts';

import { renderTable } from '../../src/cli/render-table.ts';
import { dealsTable, offersTable, peersTable } from '../../src/cli/tables.ts';
import { screenOf } from '../../src/cli/terminal.ts';
import { whatNext } from '../../src/cli/up.ts';
import { watchView, type Watched } from '../../src/cli/watch-view.ts';
import type { LoadedSettings } from '../../src/config/load-settings.ts';
import type { ControlEvent, Offer } from '../../src/control/contract.ts';
import { dealsCsv } from '../../src/text/deal-text.ts';
import { eventSentence } from '../../src/text/event-text.ts';
import { offerPage } from '../../src/text/offer-page.ts';
import { termsText } from '../../src/text/offer-text.ts';
import { shortIds } from '../../src/text/short-ids.ts';
import { agoText, leftText, spanText } from '../../src/text/time-text.ts';
import { aDeal, anOffer, aPeer, NOW, OTHER_TAKER, SELF, TAKER } from './values.ts';

beforeAll(() => {
  vi.stubEnv('TZ', 'UTC');
});
afterAll(() => {
  vi.unstubAllEnvs();
});

const paint = pc.createColors(false);

const OFFERS: readonly Offer[] = [
  anOffer(),
  anOffer({ offerId: '52934961ffff', phase: 'reserved', taker: TAKER, acceptancesWaiting: 2 }),
  anOffer({ offerId: '7'.repeat(32), phase: 'awarded', taker: TAKER, type: 'buy', amount: '1' }),
  anOffer({ offerId: '8'.repeat(32), phase: 'open', acceptancesWaiting: 3, award: 'manual', to: [TAKER] }),
  anOffer({ offerId: '9'.repeat(32), role: 'taker' }),
  anOffer({ offerId: 'a'.repeat(32), role: 'taker', expiresAt: NOW - 1, lastSeenAt: NOW - 7_200_000 }),
  anOffer({ offerId: 'f'.repeat(32), role: 'taker', isStale: true, lastSeenAt: NOW - 600_000 }),
  anOffer({ offerId: 'b'.repeat(32), role: 'taker', phase: 'confirmed', inDoubt: true }),
  anOffer({ offerId: 'c'.repeat(32), role: 'taker', phase: 'lost', reason: 'taken' }),
  anOffer({ offerId: 'd'.repeat(32), role: 'taker', phase: 'won', verified: false, maker: '0123456789abcdef' }),
  anOffer({ offerId: 'e'.repeat(32), role: 'taker', phase: 'gaveUp', pair: null, unitPrice: null, total: null }),
];

const JOB = {
  type: 'job',
  amount: '1',
  pair: null,
  unitPrice: null,
  total: null,
  details: { file: 'a.mp4', passes: 2 },
  reference: 'nightly/1',
  doneWithinMs: 3_600_000,
} as const;
const JOB_DEAL = { ...JOB, offerId: '7'.repeat(32) } as const;

const EVENTS = [
  { event: 'offer.received', ...{ offerId: 'x1', maker: SELF, verified: true }, terms: anOffer() },
  { event: 'deal.awarded', offerId: 'x1', maker: SELF, taker: TAKER, epoch: 1, byHand: false, verified: true },
  { event: 'peer.contradiction', offerId: 'x1', maker: SELF, verified: true, text: `says ${'blah '.repeat(40)}` },
].map((event) => ({ ...event, at: NOW, cursor: '' }) as unknown as ControlEvent);

const REPORTED = { event: 'deal.failed', offerId: 'x1', maker: SELF, by: 'taker', verified: true, at: NOW, cursor: '' };

const WATCHED: Watched = {
  desk: {
    id: SELF,
    version: '1.0.0',
    host: '127.0.0.1',
    port: 1337,
    trust: 'signed',
    network: 'local',
    startedAt: NOW,
    dataDir: null,
    grapes: [],
    broadcastKey: 'common',
    cursor: '',
    counts: { openOwn: 3, openOthers: 3, inDoubt: 1, peers: 4 },
  },
  offers: OFFERS,
  events: EVENTS,
  isAway: false,
};

const SHOWN: Readonly<Record<string, string>> = {
  'offers, with room for all': offersTable(OFFERS, { width: Infinity, paint }, NOW),
  'offers, 80 columns': offersTable(OFFERS, { width: 80, paint }, NOW),
  'an offer of many digits, 80 columns': offersTable(
    [anOffer({ amount: `0.${'1'.repeat(60)}`, role: 'taker' })],
    { width: 80, paint },
    NOW,
  ),
  'deals, with room for all': dealsTable(
    [
      aDeal(),
      aDeal({ role: 'taker', inDoubt: true }),
      aDeal({ type: 'buy', byHand: true, verified: false, pair: null }),
    ],
    { width: Infinity, paint },
    NOW,
  ),
  'offers with references and details': offersTable(
    [anOffer(), anOffer({ ...JOB, offerId: '6'.repeat(32) })],
    { width: Infinity, paint },
    NOW,
  ),
  'deals and how they went': dealsTable(
    [
      aDeal(),
      aDeal({ ...JOB_DEAL, result: 'done' }),
      aDeal({ ...JOB_DEAL, role: 'taker', result: 'failed' }),
      aDeal({ ...JOB_DEAL, isOverdue: true }),
      aDeal({ ...JOB_DEAL, inDoubt: true, result: null }),
    ],
    { width: Infinity, paint },
    NOW,
  ),
  'one offer in full': offerPage(
    anOffer({
      ...JOB,
      phase: 'awarded',
      taker: TAKER,
      attempt: 2,
      attemptsMax: 3,
      ownReport: { result: 'done', details: null, at: NOW - 1_000 },
      otherReport: { result: 'failed', details: 'disk full\nagain', at: NOW - 5_000 },
      isOverdue: true,
      renewedAs: 'e'.repeat(32),
    }),
    NOW,
  ),
  'deals, 80 columns': dealsTable([aDeal(), aDeal({ role: 'taker' })], { width: 80, paint }, NOW),
  peers: peersTable(
    [aPeer(), aPeer({ id: TAKER, clockOffsetMs: -90_000, failures: 3, lastFailure: 'ERR_TIMEOUT', verified: false })],
    { width: 80, paint },
    NOW,
  ),
  'the screen of watch, 80 columns and 24 lines': watchView(WATCHED, { width: 80, height: 24, paint }, NOW),
  'the screen of watch, 60 columns and 12 lines, the desk is away': watchView(
    { ...WATCHED, isAway: true },
    { width: 60, height: 12, paint },
    NOW,
  ),
  'the screen of watch, at the beginning': watchView(
    { ...WATCHED, offers: [], events: [] },
    { width: 80, height: 24, paint },
    NOW,
  ),
  'what up says to a newcomer': whatNext(
    { settings: { dataDir: "./Ann's desk", accept: [] } } as unknown as LoadedSettings,
    SELF,
    { port: 1337, grapes: ['http://10.0.0.1:30001'], socketPath: '', url: null, tokenFile: null, pageUrl: null },
  ),
  'an examination': examinationText(
    [
      { name: 'grapes', ok: 'ok', found: '3 of 3 answer', advice: null },
      { name: 'clock', ok: 'warn', found: '8 s behind', advice: 'NTP' },
      { name: 'port', ok: 'fail', found: 'nobody answers', advice: 'let it through' },
    ],
    paint,
  ),
};

describe('printed tables and views', () => {
  it('are the same as in tables.txt', async () => {
    const text = Object.entries(SHOWN).map(([title, shown]) => `=== ${title}\n\n${shown}\n`);
    await expect(text.join('\n')).toMatchFileSnapshot('./tables.txt');
  });

  it.each([60, 80, 100, 200])('have no line longer than %i columns', (width) => {
    for (const text of [
      offersTable(OFFERS, { width, paint }, NOW),
      dealsTable([aDeal(), aDeal({ inDoubt: true })], { width, paint }, NOW),
      peersTable([aPeer()], { width, paint }, NOW),
      watchView(WATCHED, { width, height: 24, paint }, NOW),
    ]) {
      expect(Math.max(...text.split('\n').map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
    }
  });

  it.each([12, 24, 50])('of watch fit on a screen of %i lines', (height) => {
    const many = { ...WATCHED, offers: Array.from({ length: 100 }, () => OFFERS).flat() };
    expect(watchView(many, { width: 80, height, paint }, NOW).split('\n').length).toBeLessThanOrEqual(height);
  });

  it('shorten an unusually long value visibly, without a change to other rows', () => {
    const odd = anOffer({ amount: `0.${'1'.repeat(60)}`, pair: 'A'.repeat(32), offerId: '6'.repeat(32) });
    const lines = offersTable([...OFFERS, odd], { width: 80, paint }, NOW).split('\n');
    expect(lines).toHaveLength(OFFERS.length + 2);
    expect(lines.at(-1)).toMatch(/^66666666\d? .*0\.1+… +A+…/);
    for (const line of lines.slice(1, -2)) expect(line).toMatch(/ (?:0\.25|1) +(?:BTC\/USD +8000\.5|- +-) /);
  });

  it('do not become wide if ids begin alike', () => {
    const alike = [1, 2].map((last) => anOffer({ offerId: `${'a'.repeat(31)}${last}` }));
    const [, first = ''] = offersTable(alike, { width: 80, paint }, NOW).split('\n');
    expect(first).toMatch(/^a{16} +you /);
  });

  it('of watch have as many offers as fit, and the right number of the others', () => {
    const many = {
      ...WATCHED,
      events: [],
      offers: Array.from({ length: 40 }, (_, index) => anOffer({ offerId: `${index}`.padEnd(32, 'x') })),
    };
    const lines = watchView(many, { width: 80, height: 24, paint }, NOW).split('\n');
    const rows = lines.filter((line) => line.includes('BTC/USD')).length;
    expect(rows).toBe(15);
    expect(lines).toContain(`... and ${40 - rows} more: grapevine offers`);
    expect(
      watchView({ ...many, offers: many.offers.slice(0, 16) }, { width: 80, height: 24, paint }, NOW),
    ).not.toContain('more');
  });

  it('show the agreed price, else the bid, else the asking price', () => {
    const bid = { bidUnitPrice: '7000', bidTotal: '1750' };
    const queued = anOffer({ role: 'taker', phase: 'queued', ...bid });
    const won = anOffer({ role: 'taker', phase: 'won', ...bid, agreedUnitPrice: '7100', agreedTotal: '1775' });
    expect(offersTable([queued], { width: 120, paint }, NOW)).toMatch(/ 7000 +1750 /);
    expect(offersTable([won], { width: 120, paint }, NOW)).toMatch(/ 7100 +1775 /);
    expect(termsText(queued)).toBe('sell 0.25 BTC/USD at 7000 (total 1750)');
    expect(termsText(won)).toBe('sell 0.25 BTC/USD at 7100 (total 1775)');
  });

  it('never print control characters that other desks have sent', () => {
    const nasty = '\u001b[2J\u0007\u202eevil\u2066\u200b\u2028\u009b31m';
    const shown = [
      offersTable([anOffer({ pair: nasty, role: 'taker', phase: 'lost', reason: nasty })], { width: 200, paint }, NOW),
      dealsTable([aDeal({ pair: nasty })], { width: 200, paint }, NOW),
      peersTable([aPeer({ failures: 1, lastFailure: nasty })], { width: 200, paint }, NOW),
      examinationText([{ name: 'port', ok: 'fail', found: nasty, advice: nasty }], paint),
      termsText(anOffer({ pair: nasty })),
      offerPage(anOffer({ details: nasty, reference: nasty }), NOW),
      offerPage(anOffer({ otherReport: { result: 'failed', details: { [nasty]: [nasty] }, at: NOW } }), NOW),
      offersTable([anOffer({ reference: nasty })], { width: 200, paint }, NOW),
      dealsTable([aDeal({ reference: nasty })], { width: 200, paint }, NOW),
      eventSentence({ ...REPORTED, details: { format: 'text', text: nasty } } as unknown as ControlEvent),
      eventSentence({ ...EVENTS[2], text: nasty } as unknown as ControlEvent),
      eventSentence({ event: 'something.new', at: NOW, cursor: '', text: nasty } as unknown as ControlEvent),
    ].join('\n');
    // eslint-disable-next-line no-control-regex -- these must not be there
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f]/);
  });

  it('have the details of a report on one line, shortened; an offer has none', () => {
    const told = (more: object): string => eventSentence({ ...REPORTED, ...more } as unknown as ControlEvent);
    expect(told({})).toBe('The taker reported on offer x1: FAILED.');
    expect(told({ late: true, details: { format: 'text', text: 'disk\n full' } })).toBe(
      'The taker reported on offer x1, late: FAILED: disk full.',
    );
    expect(told({ event: 'deal.done', details: { format: 'text', text: 'y'.repeat(500) } })).toMatch(
      /: done: y{120}…\.$/,
    );
    expect(told({ event: 'deal.overdue', taker: TAKER })).toMatch(/^3ccccccc has not reported on offer x1 in time\.$/);
    const received = { event: 'offer.received', terms: { ...JOB, details: { format: 'text', text: 'secret' } } };
    expect(told(received)).not.toContain('secret');
  });

  it('describe an event without its own sentence in words, too', () => {
    const event = { event: 'journal.new_thing', at: NOW, cursor: '', offerId: 'a'.repeat(32), inMs: 5 };
    expect(eventSentence(event as unknown as ControlEvent)).toBe('Journal new thing (offer aaaaaaaa, in ms 5).');
  });

  it('have colours that do not change the width', () => {
    const colours = pc.createColors(true);
    const coloured = offersTable(OFFERS, { width: 80, paint: colours }, NOW);
    expect(coloured).toContain('\u001b[');
    // eslint-disable-next-line no-control-regex -- the colours
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(offersTable(OFFERS, { width: 80, paint }, NOW));
  });
});

describe('a table', () => {
  it('counts wide characters as two columns, and leaves no spaces at the end of a line', () => {
    const columns = [
      { head: 'A', value: (row: string) => row },
      { head: 'B', value: () => '-' },
    ];
    expect(renderTable(columns, ['日本', 'x'], 80)).toBe('A     B\n日本  -\nx     -');
    expect(renderTable(columns, [], 80)).toBe('');
  });
});

describe('short ids', () => {
  it('are just long enough to be different', () => {
    const short = shortIds([`${'a'.repeat(12)}b`, `${'a'.repeat(12)}c`, OTHER_TAKER]);
    expect(short(`${'a'.repeat(12)}b`)).toBe(`${'a'.repeat(12)}b`);
    expect(short(OTHER_TAKER)).toHaveLength(13);
    expect(shortIds([SELF, SELF])(SELF)).toBe(SELF.slice(0, 8));
    expect(shortIds([])('abcdefghijkl')).toBe('abcdefgh');
  });
});

describe('durations', () => {
  it.each([
    [0, '0s'],
    [999, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [552_000, '9m 12s'],
    [3_600_000, '1h'],
    [90_061_000, '1d 1h'],
  ])('%i ms are %s', (ms, text) => {
    expect(spanText(ms)).toBe(text);
  });

  it('are printed as time ago, and as time left', () => {
    expect(agoText(NOW + 5000, NOW)).toBe('now');
    expect(agoText(NOW - 5000, NOW)).toBe('5s ago');
    expect([leftText(null, NOW), leftText(NOW, NOW), leftText(NOW + 5000, NOW)]).toEqual(['-', 'over', '5s']);
  });
});

describe('the width and colours of the output', () => {
  const terminal = { isTTY: true, columns: 120, rows: 40 } as unknown as NodeJS.WriteStream;
  const pipe = { isTTY: false } as unknown as NodeJS.WriteStream;

  it('has colours only on terminals, and not with NO_COLOR', () => {
    expect(screenOf(terminal, {}).paint.red('x')).not.toBe('x');
    expect(screenOf(terminal, { NO_COLOR: '1' }).paint.red('x')).toBe('x');
    expect(screenOf(terminal, { TERM: 'dumb' }).paint.red('x')).toBe('x');
    expect(screenOf(pipe, { CI: '1', FORCE_COLOR: '1' }).paint.red('x')).toBe('x');
  });

  it('is as wide as the terminal, else as COLUMNS, else unlimited', () => {
    expect(screenOf(terminal, { COLUMNS: '20' })).toMatchObject({ width: 120, height: 40 });
    expect(screenOf(pipe, { COLUMNS: '80' }).width).toBe(80);
    expect(screenOf(pipe, { COLUMNS: 'many' }).width).toBe(Infinity);
  });
});

describe('comma-separated values', () => {
  it('have a line of names, times in ISO, quotes where needed, and no formulas', () => {
    const csv = dealsCsv([aDeal({ pair: '=1,2"x' }), aDeal({ pair: null, unitPrice: null, total: null })]);
    const [names, first, second] = csv.split('\r\n');
    expect(names).toBe(
      'at,role,offerId,maker,taker,type,amount,pair,unitPrice,total,inDoubt,byHand,verified,reference,attempt,result,isOverdue,details',
    );
    expect(first).toMatch(/^2026-11-24T16:44:31\.000Z,maker,5293.*,sell,0\.25,"'=1,2""x",8000\.5,2000\.125,false,/);
    expect(second).toContain(',0.25,,,,false,false,true');
    expect(dealsCsv([aDeal({ ...JOB_DEAL, result: 'done' })])).toMatch(
      /,nightly\/1,1,done,false,"\{""file"":""a\.mp4"",""passes"":2\}"$/,
    );
  });
});
