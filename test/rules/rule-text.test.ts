import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { EVERY_OFFER } from '../../src/rules/rule.ts';
import { rulesFromTexts, rulesFromValue } from '../../src/rules/rule-list.ts';
import { ruleFromText, ruleToText } from '../../src/rules/rule-text.ts';
import { ALICE, anyRule, BOB } from './values.ts';

describe('a rule as text', () => {
  it('has one word for each condition', () => {
    expect(ruleFromText('sell BTC/USD amount<=2 price<=8100')).toEqual({
      ...EVERY_OFFER,
      type: 'sell',
      pairs: ['BTC/USD'],
      limits: [
        { field: 'amount', operator: '<=', value: '2' },
        { field: 'price', operator: '<=', value: '8100' },
      ],
    });
    expect(ruleFromText(`deny maker=${ALICE},${BOB} unverified`)).toEqual({
      ...EVERY_OFFER,
      deny: true,
      makers: [ALICE, BOB],
      verified: false,
    });
    expect(ruleFromText('BTC/USD,ETH/USD daily-amount<=5.50 daily-deals<=10')).toEqual({
      ...EVERY_OFFER,
      pairs: ['BTC/USD', 'ETH/USD'],
      daily: { amount: '5.5', deals: 10 },
    });
    expect(ruleFromText('all')).toEqual(EVERY_OFFER);
  });

  it.each([
    ['  sell   BTC/*  ', 'sell BTC/*'],
    ['amount <= 2', 'amount<=2'],
    ['price>=1.50 price<2', 'price>=1.5 price<2'],
    ['left>=90s', 'left>=90s'],
    ['left>=60s', 'left>=1m'],
    ['pair=render-job', 'pair=render-job'],
    ['deny all', 'deny all'],
    [
      'job reference = a/*,b details.kind=x details.size <= 9.50',
      'job reference=a/*,b details.kind=x details.size<=9.5',
    ],
    [`maker!=${ALICE} maker!=${BOB}`, `maker!=${ALICE},${BOB}`],
  ])('"%s" is "%s"', (text, canonical) => {
    expect(ruleToText(ruleFromText(text))).toBe(canonical);
  });

  it('is read back as the rule that it was written from', () => {
    fc.assert(
      fc.property(anyRule, (rule) => {
        expect(ruleFromText(ruleToText(rule))).toEqual(rule);
      }),
      { numRuns: 2_000, seed: 5 },
    );
  });

  it('of any content is a rule or an error with a code', () => {
    const word = fc.oneof(
      fc.constantFrom('sell', 'deny', 'amount<=', '2', 'BTC/*', 'maker=', '=', 'left>1h'),
      fc.string(),
    );
    fc.assert(
      fc.property(
        fc.array(word).map((words) => words.join(' ')),
        (text) => {
          try {
            ruleFromText(text);
          } catch (error) {
            expect(error).toMatchObject({ code: 'ERR_RULE' });
          }
        },
      ),
      { numRuns: 2_000, seed: 5 },
    );
  });
});

describe('the error for an invalid text names the word and what is allowed', () => {
  it.each([
    ['', 'an empty rule; "all" takes every offer; allowed are buy, sell, '],
    ['deny', 'in "deny": "deny" what? "deny all" denies every offer'],
    ['slel BTC/USD', 'in "slel BTC/USD": "slel": unknown word (did you mean "sell"?); allowed are buy, sell, '],
    ['sell prize<=8', '"prize<=8": nothing is called "prize" (did you mean "price"?); allowed are amount, price, '],
    ['sell amount<=1,5', '"amount<=1,5": "1,5" is not a plain decimal; allowed are digits with at most one point'],
    ['sell amount<=1e3', '"1e3" is not a plain decimal'],
    ['sell amount<=-1', '"-1" is not a plain decimal'],
    ['sell amount<=', '"amount<=": nothing behind <='],
    ['job reference=a*b*', '"a*b*" is not a valid reference; allowed are letters'],
    ['job reference!=a', '"!=" is not possible here; allowed are ='],
    ['details.=a', '"" is not the name of a field'],
    [`details.${'k'.repeat(65)}=a`, 'is not the name of a field'],
    [`details.kind=${'v'.repeat(65)}`, "can't be asked for; allowed are 64 characters"],
    ['details.size<=many', '"many" is not a plain decimal'],
    ['detials.size<=1', 'nothing is called "detials.size"'],
    ['sell amount!=2', '"amount!=2": "!=" is not possible here; allowed are <= >= < > ='],
    ['sell amount==2', '"==" is not possible here; allowed are'],
    ['daily-amount>=2 BTC/USD', '">=" is not possible here; allowed are <='],
    ['BTC/USD daily-deals<=0', '"0" is not a number of deals; allowed are whole numbers from 1'],
    ['left>=10', '"10" is not a time; allowed are times like 90s, 10m or 2h'],
    ['maker=abc', '"abc" is not a desk\'s id; allowed are 64 lower-case hex digits'],
    ['*/*', '"*/*" is not a valid pair; allowed are names like BTC/USD, with one * for any text'],
    ['BTC/USD,', 'a list is written with single commas'],
    ['BTC/USD ETH/USD', '"ETH/USD": said twice; several pairs or makers are written with commas'],
    ['buy sell', '"sell": said twice'],
    ['sell all', '"all": leaves no offer out'],
    ['sell deny', '"deny": stands in front'],
    ['deny none', '"none": is not a rule'],
    ['amount>=3 amount<=2', 'no offer can have both amount>=3 and amount<=2'],
    ['amount>2 amount<=2', 'no offer can have both amount>2 and amount<=2'],
    ['left=1m left=2m', 'no offer can have both left=2m and left=1m'],
    ['daily-amount<=5', 'a daily limit is one for each pair: name the pairs, without *'],
    ['BTC/* daily-deals<=5', 'name the pairs, without *'],
    ['deny BTC/USD daily-deals<=5', 'a daily limit belongs to a rule that takes offers'],
  ])('%s', (text, message) => {
    expect(() => ruleFromText(text)).toThrow(
      expect.objectContaining({ code: 'ERR_RULE', message: expect.stringContaining(message) as string }),
    );
  });
});

describe('bounds', () => {
  const pairs = (count: number) => Array.from({ length: count }, (_, index) => `A/${index}`).join(',');
  const makers = (count: number) =>
    Array.from({ length: count }, (_, index) => index.toString(16).padStart(64, '0')).join(',');

  it('a rule has so many letters, pairs and makers at most', () => {
    expect(() => ruleFromText(`sell ${' '.repeat(LIMITS.ruleTextMaxLength)}`)).toThrow(/letters at most/);
    expect(ruleFromText(pairs(LIMITS.rulePairsMax)).pairs).toHaveLength(LIMITS.rulePairsMax);
    expect(() => ruleFromText(pairs(LIMITS.rulePairsMax + 1))).toThrow(/64 pairs at most/);
    const most = makers(LIMITS.ruleMakersMax);
    expect(ruleFromText(`maker=${most} maker!=${most}`).makers).toHaveLength(LIMITS.ruleMakersMax);
    expect(() => ruleFromText(`maker!=${makers(LIMITS.ruleMakersMax + 1)}`)).toThrow(/128 makers at most/);
  });

  it('a desk has so many rules at most', () => {
    const most = Array.from({ length: LIMITS.rulesMax }, () => 'all');
    expect(rulesFromTexts(most)).toHaveLength(LIMITS.rulesMax);
    expect(() => rulesFromTexts([...most, 'all'])).toThrow(/256 rules at most/);
    expect(() => rulesFromValue([...most, 'all'])).toThrow(/256 rules at most/);
  });
});

describe('several rules', () => {
  it('"none" are none, and stands alone', () => {
    expect(rulesFromTexts(['none'])).toEqual([]);
    expect(() => rulesFromTexts(['none', 'all'])).toThrow(/stands alone/);
    expect(rulesFromValue('none')).toEqual([]);
  });

  it('of a file are texts and tables, and errors say which', () => {
    expect(rulesFromValue(['buy', { type: 'sell' }]).map(ruleToText)).toEqual(['buy', 'sell']);
    expect(() => rulesFromValue(['buy', { tpye: 'sell' }])).toThrow(
      'rule 2: nothing is called "tpye" (did you mean "type"?)',
    );
    expect(() => rulesFromValue(7n)).toThrow(/must be a rule as text/);
  });
});
