import { expect, it } from 'vitest';
import { nearestWord } from '../../src/rules/nearest-word.ts';

it.each([
  ['prize', 'price'],
  ['amuont', 'amount'],
  ['PRICE', 'price'],
  ['pass', 'passphrase-file'],
  ['zebra', null],
  ['x', null],
  ['p'.repeat(100_000), null],
])('the word nearest to %s is %s', (word, meant) => {
  expect(nearestWord(word, ['amount', 'price', 'passphrase-file'])).toBe(meant);
});
