import fc from 'fast-check';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decide, NOTHING_TAKEN, type DecisionContext } from '../../src/rules/decide.ts';
import { judge, type JudgedOffer } from '../../src/rules/judge.ts';
import { ruleFromText } from '../../src/rules/rule-text.ts';
import { ALICE, anyOffer, anyRule, BOB, decimal, NOW, offer } from './values.ts';

const context: DecisionContext = { now: NOW, takenToday: () => NOTHING_TAKEN };

function json(value: unknown): { readonly format: 'json'; readonly text: string } {
  return { format: 'json', text: JSON.stringify(value) };
}

function takes(rules: readonly string[], change: Partial<JudgedOffer> = {}): boolean {
  return decide(rules.map(ruleFromText), offer(change), context).take;
}

describe('a rule accepts offers that meet all its conditions, exactly', () => {
  it.each<[string, Partial<JudgedOffer>, boolean]>([
    ['all', {}, true],
    ['sell', { type: 'sell' }, true],
    ['sell', { type: 'buy' }, false],
    ['BTC/USD', { pair: 'BTC/USD' }, true],
    ['BTC/USD', { pair: 'BTC/USDT' }, false],
    ['BTC/USD', { pair: 'btc/usd' }, false],
    ['BTC/*', { pair: 'BTC/EUR' }, true],
    ['BTC/*', { pair: 'WBTC/EUR' }, false],
    ['*/USD', { pair: 'ETH/USD' }, true],
    ['A*A', { pair: 'A' }, false],
    ['*', { pair: 'anything' }, true],
    ['amount<=2', { amount: decimal('2') }, true],
    ['amount<2', { amount: decimal('2') }, false],
    ['amount<=2', { amount: decimal('2.00000000000000000000000000000000001') }, false],
    ['amount>=10', { amount: decimal('9') }, false],
    ['price=8000', {}, true],
    ['price>8000', {}, false],
    ['total<=0.03', { amount: decimal('0.1'), unitPrice: decimal('0.3') }, true],
    ['total<0.03', { amount: decimal('0.1'), unitPrice: decimal('0.3') }, false],
    ['left>=1m', { expiresAt: NOW + 60_000 }, true],
    ['left>=1m', { expiresAt: NOW + 59_999 }, false],
    ['left<1ms', { expiresAt: NOW - 5 }, true],
    [`maker=${ALICE}`, { maker: ALICE }, true],
    [`maker=${ALICE}`, { maker: BOB }, false],
    [`maker!=${ALICE}`, { maker: ALICE }, false],
    [`maker!=${ALICE}`, { maker: BOB }, true],
    ['verified', { verified: false }, false],
    ['unverified', { verified: false }, true],
    ['job', { type: 'job' }, true],
    ['job', { type: 'sell' }, false],
    ['sell', { type: 'job' }, false],
    ['reference=nightly/*', { reference: 'nightly/1' }, true],
    ['reference=nightly/*', { reference: 'daily/1' }, false],
    ['reference=a,b', { reference: 'b' }, true],
    ['reference=a', { reference: 'A' }, false],
    ['details.kind=render', { details: json({ kind: 'render' }) }, true],
    ['details.kind=render,cut', { details: json({ kind: 'cut' }) }, true],
    ['details.kind=ren*', { details: json({ kind: 'cut' }) }, false],
    ['details.size<=100', { details: json({ size: 100 }) }, true],
    ['details.size<100', { details: json({ size: 100 }) }, false],
    ['details.size<100', { details: json({ size: -1 }) }, true],
    ['details.size>=1 details.size<=9', { details: json({ size: 0.5 }) }, false],
    ['details.size<=100', { details: json({ size: '1' }) }, false],
    ['details.size=100', { details: json({ size: 100 }) }, true],
    ['details.size=100.50', { details: json({ size: 100.5 }) }, true],
    ['details.size=1000000000000000000000', { details: json({ size: 1e21 }) }, true],
    ['details.size=1,100.50', { details: json({ size: 100.6 }) }, false],
    ['details.size=100.50', { details: json({ size: '100.5' }) }, false],
    ['details.size=1*', { details: json({ size: 100 }) }, true],
    ['details.urgent=true', { details: json({ urgent: true }) }, true],
    ['details.urgent=true', { details: json({ urgent: false }) }, false],
  ])('%s: %j: %s', (rule, change, take) => {
    expect(takes([rule], change)).toBe(take);
  });
});

describe('an offer without the value that a condition asks for', () => {
  const silent = { pair: null, unitPrice: null, expiresAt: null };
  const UNSAID = [
    'BTC/USD',
    '*',
    'price<=1',
    'total<=1',
    'left>=1s',
    'left<1s',
    'reference=*',
    'details.a=*',
    'details.a<1',
  ];

  it.each<[string, JudgedOffer['details']]>([
    ['a text', { format: 'text', text: '{"kind":"render"}' }],
    ['a list', json(['render'])],
    ['an object in the field', json({ kind: { is: 'render' } })],
    ['names that every object has', json({})],
  ])('includes one whose details have no such plain field: %s', (_what, details) => {
    const judged = offer(details === undefined ? {} : { details });
    for (const rule of ['details.kind=render', 'details.constructor=*', 'details.__proto__=*', 'details.toString=*'])
      expect(decide([ruleFromText(rule)], judged, context).take).toBe(false);
  });

  it.each<[string, unknown]>([
    ['a text', '1000'],
    ['true', true],
    ['null', null],
    ['more digits than a decimal may have', 1e300],
    ['minus zero', -0],
  ])('includes one whose field can not be compared with a number: %s', (_what, size) => {
    const judged = {
      details: {
        format: 'json',
        text: typeof size === 'number' && size === 0 ? '{"size":-0}' : JSON.stringify({ size }),
      },
    } as const;
    for (const bound of ['<1', '<=1', '>100', '>=100']) {
      expect(takes([`details.size${bound}`], judged)).toBe(false);
      expect(takes([`deny details.size${bound}`, 'all'], judged)).toBe(false);
    }
  });

  it.each(UNSAID)('matches no accepting rule: %s', (rule) => {
    expect(takes([rule], silent)).toBe(false);
  });

  it.each(['BTC/USD', '*', 'price>9000', 'total>1', 'left<1s'])('matches every denying rule: deny %s', (rule) => {
    expect(takes([`deny ${rule}`, 'all'], silent)).toBe(false);
  });
});

describe('several rules', () => {
  it('nothing is accepted without a matching rule', () => {
    expect(takes([])).toBe(false);
    expect(takes(['deny price>9000'])).toBe(false);
  });

  it('one that denies wins, wherever it stands', () => {
    expect(takes(['all', 'deny maker=' + ALICE])).toBe(false);
    expect(takes(['deny maker=' + BOB, 'all'])).toBe(true);
  });

  it('one whose daily limit is reached leaves it to the others', () => {
    const reached: DecisionContext = { now: NOW, takenToday: () => ({ amount: decimal('5'), deals: 5 }) };
    const limited = ruleFromText('BTC/USD daily-amount<=5.9');
    expect(decide([limited], offer(), reached).take).toBe(false);
    expect(decide([limited, ruleFromText('all')], offer(), reached).take).toBe(true);
  });

  it('hold together: a fitting denial is never taken, and what is taken fits a rule that takes', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.array(anyRule, { maxLength: 6 }), anyOffer, (rules, some) => {
        const { take, because } = decide(rules, some, context);
        const certainlyFits = rules.filter((rule) => judge(rule, some, NOW).every(({ met }) => met === true));
        if (certainlyFits.some(({ deny }) => deny)) expect(take).toBe(false);
        if (take) expect(certainlyFits.some(({ deny }) => !deny)).toBe(true);
        expect(because.length).toBeGreaterThan(0);
        expect(because.at(-1)?.outcome === 'takes').toBe(take);
        if (take) taken += 1;
      }),
      { numRuns: 3_000, seed: 5 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});

describe('a daily limit', () => {
  it.each<[string, string, number, boolean]>([
    ['daily-amount<=5', '4', 9, true],
    ['daily-amount<=5', '4.000000000000000001', 1, false],
    ['daily-deals<=3', '1000', 2, true],
    ['daily-deals<=3', '0', 3, false],
    ['daily-amount<=5 daily-deals<=3', '1', 3, false],
  ])('%s, with %s in %s deals before: %s', (limit, amount, deals, take) => {
    const takenToday = (pair: string | null) =>
      pair === 'BTC/USD' ? { amount: decimal(amount), deals } : NOTHING_TAKEN;
    expect(decide([ruleFromText(`BTC/USD ${limit}`)], offer(), { now: NOW, takenToday }).take).toBe(take);
  });
});

describe('the explanations', () => {
  const file = new URL('./explanations.txt', import.meta.url);
  const cases: readonly (readonly [readonly string[], Partial<JudgedOffer>])[] = [
    [[], {}],
    [['all'], {}],
    [['sell BTC/USD amount<=2 price<=8100 left>=30s verified'], {}],
    [
      ['sell BTC/USD amount<=2 price<=8100 left>=2m verified'],
      { amount: decimal('3'), unitPrice: decimal('8200'), verified: false },
    ],
    [['buy BTC/EUR,ETH/*'], {}],
    [['BTC/* total<=9000 left>=1s'], { pair: null, unitPrice: null, expiresAt: null }],
    [['all', `deny maker=${ALICE}`, 'deny price>9000'], { unitPrice: null, maker: BOB }],
    [[`maker=${BOB} maker!=${ALICE}`], {}],
    [['BTC/USD daily-amount<=5', 'BTC/USD daily-deals<=2', 'sell amount>=0.5'], {}],
  ];

  it('are those in explanations.txt', () => {
    const takenToday = () => ({ amount: decimal('4.5'), deals: 2 });
    const text = cases
      .map(([rules, change]) => {
        const { take, because } = decide(rules.map(ruleFromText), offer(change), { now: NOW, takenToday });
        const lines = because.map(({ rule, outcome, reason }) => `  ${outcome}: ${rule}: ${reason}\n`);
        return `${rules.length === 0 ? 'none' : rules.join(' | ')}\n  ${take ? 'yes' : 'no'}\n${lines.join('')}`;
      })
      .join('\n')
      .replaceAll(ALICE, 'ALICE')
      .replaceAll(BOB, 'BOB');
    if (process.env['UPDATE_EXPLANATIONS'] === '1') writeFileSync(file, text);
    else expect(text).toBe(readFileSync(file, 'utf8'));
  });
});
