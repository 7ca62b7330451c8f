/** Receipts made to break whoever looks at them: each is refused with ERR_RECEIPT, and none costs much. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProof } from '../../src/identity/parse-proof.ts';
import { verifyProof, verifyProofText } from '../../src/identity/verify-proof.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { leastProcessorMs } from '../../testing/processor-time.ts';
import { effort } from '../effort.ts';
import { DEAL, formerPartsOf, formerReceipt, partsOf, receipt, TERMS, verify } from './genuine-parts.ts';

const GENUINE = [receipt(partsOf(DEAL)), formerReceipt(formerPartsOf(DEAL))];
const TEXT = JSON.stringify(GENUINE[0]);

/** For the longest text that is taken: quadratic time is many seconds. */
const LINEAR_MAX_MS = 500;

const code = 'ERR_RECEIPT';

function refused(prove: () => unknown): unknown {
  try {
    return prove();
  } catch (error) {
    return error;
  }
}

function proveText(text: string): unknown {
  return refused(() => verifyProofText(text, verify));
}

describe('the text of a receipt', () => {
  it('is parsed to the value that was written', () => {
    expect(proveText(TEXT)).toMatchObject({ kind: 'deal' });
    expect(proveText(JSON.stringify(GENUINE[0], null, 2))).toMatchObject({ kind: 'deal' });
    // Quotes and colons in a string are no members.
    expect(parseProof('{"a": ":\\":\\\\", "b:": [{"c": 1}, {"c": 2}]}')).toEqual({
      a: ':":\\',
      'b:': [{ c: 1 }, { c: 2 }],
    });
  });

  it.each([
    ['a part twice', TEXT.replace('"offer":', '"offer":{"cmd":"offer:new","body":{"amount":5}},"offer":')],
    ['a field twice', TEXT.replace('"amount":0.5', '"amount":500,"amount":0.5')],
    ['the same field twice', TEXT.replace('"amount":0.5', '"amount":0.5,"amount":0.5')],
    ['a field twice, once in other letters', TEXT.replace('"amount":0.5', '"\\u0061mount":500,"amount":0.5')],
    ['a prototype twice', TEXT.replace('"amount":0.5', '"__proto__":1,"__proto__":2,"amount":0.5')],
    ['a number that no program keeps', TEXT.replace('"amount":0.5', '"amount":0.50000000000000000001')],
    ['no JSON', TEXT.slice(1)],
    ['nothing', ''],
    ['a deep one', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['a deep one that does not end', '{"offer":'.repeat(20_000)],
    ['text that makes some patterns slow', `{"${'\\"'.repeat(100_000)}`],
    ['many quotes in a text', `{"offer": "${'\\\\\\"'.repeat(60_000)}"}`],
    ['as large as files may be', `{"offer": "${'x'.repeat(LIMITS.receiptMaxBytes)}"}`],
  ])('is refused: %s', (_what, text) => {
    expect(proveText(text)).toMatchObject({ code });
    expect(leastProcessorMs(() => proveText(text), LINEAR_MAX_MS)).toBeLessThanOrEqual(LINEAR_MAX_MS);
  });
});

/** Each place in a proof, as a path of names. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, inside]) => placesIn(inside, [...path, name]))];
}

function replaced(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by;
  return { ...(value as object), [name]: replaced((value as Record<string, unknown>)[name], rest, by) };
}

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { offer: value };
  return value;
}

const HOSTILE: readonly unknown[] = [
  ...[null, true, 0, -1, Infinity, NaN, '', 'x'.repeat(100_000), [], [[]], {}, deep(50_000), { length: 1e9 }],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'valueOf'],
  { cmd: '__proto__', body: {} },
  { cmd: 'constructor', body: {} },
  JSON.parse('{"__proto__": {"cmd": "offer:new", "taker": "x"}}'),
  { cmd: 'offer:new', body: { ...TERMS, to: Array(10_000).fill('x') } },
  { taker: 'toString', epoch: 2 ** 60, auth: { v: 2, sig: 'x'.repeat(100_000) } },
  Array(10_000).fill({ cmd: 'offer:done' }),
];

/** It proves nothing, unless the same is said as before: "8001" is 8001, and null is nothing. */
function expectHarmless(proof: unknown, path: readonly string[], value: unknown): void {
  const got = refused(() => verifyProof(replaced(proof, path, value), verify));
  if (got instanceof Error) expect(got).toMatchObject({ code });
  else expect(got).toEqual(verifyProof(proof, verify));
}

describe('a receipt of which one place is', () => {
  const places = GENUINE.flatMap((proof) => placesIn(proof).map((path) => [proof, path] as const));

  it('hostile proves nothing', () => {
    for (const [proof, path] of places) {
      for (const value of HOSTILE) {
        expectHarmless(proof, path, value);
      }
    }
  });

  it('anything else proves nothing', () => {
    const anything = fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true });
    fc.assert(
      fc.property(fc.constantFrom(...places), anything, ([proof, path], value) => {
        expectHarmless(proof, path, value);
      }),
      { seed: 1, numRuns: effort({ short: 2_000, long: 50_000 }) },
    );
  });
});
