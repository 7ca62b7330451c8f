import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { parseJson } from '../../src/wire/parse-json.ts';
import { leastProcessorMs } from '../../testing/processor-time.ts';

/** For 32,000 characters: linear time is below 3 ms, quadratic time is hundreds. */
const LINEAR_MAX_MS = 50;

function refused(text: string): unknown {
  try {
    parseJson(text);
    return null;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

function nested(depth: number, open = '[', close = ']'): string {
  return open.repeat(depth) + close.repeat(depth);
}

describe('parseJson', () => {
  it('returns the same as JSON.parse', () => {
    const bodyLike = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(bodyLike, (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    '',
    ' ',
    '{',
    '[1,]',
    '{"a":1,}',
    "{'a':1}",
    'undefined',
    '"abc',
    '01',
    '1.',
    '-',
    '[1] x',
    'NaN',
    '\u{feff}1',
  ])('refuses %j as no JSON', (text) => {
    expect(refused(text)).toBe('ERR_BODY_NOT_JSON');
  });

  it('does not quote the received text', () => {
    expect(() => parseJson('\u001b[31mboo')).toThrow(/^the body is not JSON$/);
  });

  it('accepts nesting up to the limit and rejects deeper nesting', () => {
    expect(refused(nested(LIMITS.jsonMaxDepth))).toBeNull();
    expect(refused(nested(LIMITS.jsonMaxDepth + 1))).toBe('ERR_BODY_TOO_DEEP');
    expect(refused(nested(LIMITS.jsonMaxDepth + 1, '{"a":', '}'))).toBe('ERR_BODY_TOO_DEEP');
  });

  it('rejects nesting that would overflow a recursive parser', () => {
    expect(refused('['.repeat(1_000_000))).toBe('ERR_BODY_TOO_DEEP');
  });

  it('counts depth, not brackets, and ignores brackets in strings', () => {
    expect(refused(`[${'[],{},'.repeat(100)}1]`)).toBeNull();
    expect(refused(JSON.stringify(nested(100)))).toBeNull();
    expect(refused(JSON.stringify([`\\"${nested(100)}`, `\\\\`, nested(100)]))).toBeNull();
  });

  it.each(['0', '-0', '1', '100', '1.50', '0.1', '1e3', '1E+2', '-1.5e-7', '9007199254740992', '1e21', '5e-324'])(
    'takes %s',
    (literal) => {
      expect(parseJson(literal)).toBe(Number(literal));
    },
  );

  it.each(['0e999999999', '1.000000000000000000000000', '100000000000000000000', '1.7976931348623157e308'])(
    'takes %s, which is exact although it is long',
    (literal) => {
      expect(parseJson(literal)).toBe(Number(literal));
    },
  );

  it.each([
    '9007199254740993',
    '-9007199254740993',
    '0.10000000000000000001',
    '0.1000000000000000055511151231257827',
    '1e400',
    '-1e400',
    '1e-400',
    '1e99999999999999999999',
    '123456789012345678',
    '1.00000000000000000001',
  ])('refuses %s, which would become another number', (literal) => {
    expect(refused(literal)).toBe('ERR_NUMBER_INEXACT');
    expect(refused(`{"body":{"amount":[1,${literal}]}}`)).toBe('ERR_NUMBER_INEXACT');
    expect(refused(JSON.stringify({ amount: literal }))).toBeNull();
  });

  it('accepts every number that JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(parseJson(JSON.stringify(number))).toBe(Object.is(number, -0) ? 0 : number);
      }),
    );
  });

  it('accepts a decimal if and only if the printed double has the same value', () => {
    const digits = fc.stringMatching(/^(?:0|[1-9]\d{0,20})\.\d{0,20}[1-9]$/);
    fc.assert(
      fc.property(digits, (literal) => {
        const printed = Number(literal);
        const plain = Math.abs(printed) >= 1e-6 && Math.abs(printed) < 1e21;
        fc.pre(plain);
        expect(refused(literal) === null).toBe(String(printed) === literal);
      }),
    );
  });

  it.each([
    ['escaped quotes', '\\"'.repeat(16_000)],
    ['an open text of escapes', `"${'\\"'.repeat(16_000)}`],
    ['zeros before a digit', `1${'0'.repeat(32_000)}1`],
    ['zeros after the point', `0.${'0'.repeat(32_000)}1`],
    ['minus signs', '-'.repeat(32_000)],
    ['exponents', '1e'.repeat(16_000)],
    ['backslashes', `"${'\\'.repeat(32_000)}"`],
  ])('takes linear time for %s', (_name, text) => {
    expect(leastProcessorMs(() => refused(text), LINEAR_MAX_MS)).toBeLessThanOrEqual(LINEAR_MAX_MS);
  });
});
