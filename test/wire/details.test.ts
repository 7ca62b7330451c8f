import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GrapevineError } from '../../src/protocol/errors.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { parsePayload } from '../../src/wire/message-codec.ts';
import { detailsDigest, detailsFromValue, detailsToWire, detailsValue, readDetails } from '../../src/wire/details.ts';

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof GrapevineError) return error.code;
    throw error;
  }
  return 'none';
}

describe('details', () => {
  it('are the same after sending, as text or JSON', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 100 }), fc.jsonValue({ maxDepth: 2 })), (value) => {
        const details = detailsFromValue(value);
        const { details: text, detailsFormat: format } = detailsToWire(details);
        const read = readDetails(text, format);
        expect(read).toEqual(details);
        expect(read && detailsValue(read)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 200 },
    );
  });

  it('are 4 KB of UTF-8 at most, sent or received', () => {
    const fits = 'é'.repeat(LIMITS.detailsMaxBytes / 2);
    expect(detailsFromValue(fits).text).toBe(fits);
    expect(codeOf(() => detailsFromValue(`${fits}x`))).toBe('ERR_DETAILS');
    expect(codeOf(() => readDetails(`${fits}x`, undefined))).toBe('ERR_DETAILS');
  });

  it.each([
    ['half a character', '\ud800', undefined],
    ['no text', 5, undefined],
    ['an unknown format', '{}', 'yaml'],
    ['a format alone', undefined, 'json'],
    ['broken JSON', '{', 'json'],
    ['deep JSON', '['.repeat(20) + ']'.repeat(20), 'json'],
  ])('are refused: %s', (_, text, format) => {
    expect(codeOf(() => readDetails(text, format))).toBe('ERR_DETAILS');
  });

  it('and references that are invalid have their own error codes', () => {
    const body = { offerId: 'o', source: 'm', type: 'job', amount: 1 };
    const read = (more: object) => codeOf(() => parsePayload({ cmd: 'offer:new', body: { ...body, ...more } }));
    expect(read({ reference: 'a'.repeat(LIMITS.referenceMaxLength), details: 'x' })).toBe('none');
    expect(read({ reference: 'a'.repeat(LIMITS.referenceMaxLength + 1) })).toBe('ERR_REFERENCE');
    for (const reference of ['', ' a', 'a b', '-a', 'a\n', 'ä', 5]) expect(read({ reference })).toBe('ERR_REFERENCE');
    expect(read({ details: 'x'.repeat(LIMITS.detailsMaxBytes + 1) })).toBe('ERR_DETAILS');
  });

  it('that can not be written as JSON are refused', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    for (const value of [circular, undefined, () => 1, 5n]) {
      expect(codeOf(() => detailsFromValue(value as never))).toBe('ERR_DETAILS');
    }
  });

  it('are signed by format and hash, so that a line feed can’t add a line', () => {
    expect(detailsDigest({ format: 'text', text: 'abc' })).toBe(
      'text:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(detailsDigest({ format: 'json', text: '1' })).not.toBe(detailsDigest({ format: 'text', text: '1' }));
  });
});
