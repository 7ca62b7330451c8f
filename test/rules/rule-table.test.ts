import { describe, expect, it } from 'vitest';
import { ruleFromTable } from '../../src/rules/rule-table.ts';
import { ruleToText } from '../../src/rules/rule-text.ts';
import { ALICE } from './values.ts';

describe('a rule as a table means the same as a rule as text', () => {
  it.each([
    [{}, 'all'],
    [
      { type: 'sell', pair: 'BTC/USD', amount: { max: '2' }, price: { max: 8100n } },
      'sell BTC/USD amount<=2 price<=8100',
    ],
    [{ pair: ['BTC/*', 'ETH/USD'], amount: { min: 1, below: '2.50' } }, 'BTC/*,ETH/USD amount>=1 amount<2.5'],
    [{ deny: true, price: { above: '9000' }, left: { is: '30s' } }, 'deny price>9000 left=30s'],
    [{ maker: ALICE, 'not-maker': [ALICE], verified: true }, `maker=${ALICE} maker!=${ALICE} verified`],
    [
      {
        type: 'job',
        reference: ['nightly/*', 'x'],
        details: { kind: ['render', 'cut'], size: { min: 1, below: '9.5' }, urgent: true },
      },
      'job reference=nightly/*,x details.kind=render,cut details.size>=1 details.size<9.5 details.urgent=true',
    ],
    [{ pair: 'A/B', 'daily-amount': '5', 'daily-deals': 3 }, 'A/B daily-amount<=5 daily-deals<=3'],
  ])('no. %#', (table, text) => {
    expect(ruleToText(ruleFromTable(table))).toBe(text);
  });
});

describe('the error for an invalid table names the key and what is allowed', () => {
  it.each([
    ['sell', 'must be a table like { type = "sell"'],
    [[], 'must be a table'],
    [{ type: 'sel' }, 'type: must be "buy", "sell" or "job"'],
    [{ reference: 'two words' }, 'reference: "two words" is not a valid reference'],
    [{ reference: 'a*b*' }, 'reference: "a*b*" is not a valid reference'],
    [{ details: 'render' }, 'details: must be a table like { kind = "render"'],
    [{ details: { 'a b': 'x' } }, 'details: "a b" is not the name of a field'],
    [{ details: { kind: [] } }, 'details: kind: must name at least one'],
    [{ details: { kind: 'a b' } }, 'details: "a b" can\'t be asked for'],
    [{ details: { size: { max: 0.5 } } }, 'details: must be written in quotes'],
    [{ details: { size: { is: 1 } } }, 'details: size.is: allowed are min, max, above, below'],
    [
      { details: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`f${n}`, 'x'])) },
      '16 fields of details at most',
    ],
    [{ deny: 'yes' }, 'deny: must be true or false'],
    [{ amount: 2 }, 'amount: must be a table like { min = "0.1", max = "2" }'],
    [{ left: '30s' }, 'left: must be a table like { min = "30s" }'],
    [{ amount: { max: 0.1 } }, 'amount.max: must be written in quotes, like "0.25": as a number it could be rounded'],
    [{ amount: { max: '1,5' } }, 'amount.max: "1,5" is not a plain decimal; allowed are digits'],
    [{ amount: { maxx: '1' } }, 'nothing is called "amount.maxx" (did you mean "max"?); allowed are min, max, above'],
    [{ pair: [] }, 'pair: must name at least one'],
    [{ pair: [1] }, 'pair: must be a text or a list of texts'],
    [{ maker: 'x' }, 'maker: "x" is not a desk\'s id'],
    [{ 'daily-deals': 0, pair: 'A/B' }, 'daily-deals: "0" is not a number of deals'],
    [{ 'daily-deals': true }, 'daily-deals: must be a text or a whole number'],
    [{ 'daily-deals': 1 }, 'name the pairs, without *'],
    [{ amount: { min: '3', max: '2' } }, 'no offer can have both amount>=3 and amount<=2'],
  ])('no. %#', (table, message) => {
    expect(() => ruleFromTable(table)).toThrow(
      expect.objectContaining({ code: 'ERR_RULE', message: expect.stringContaining(message) as string }),
    );
  });
});
