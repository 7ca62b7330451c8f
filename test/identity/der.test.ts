import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DerError, derInteger, DerReader, derSequence, derValue, TAG } from '../../src/identity/der.ts';

function reader(hex: string): DerReader {
  return new DerReader(Buffer.from(hex, 'hex'));
}

describe('DER', () => {
  it('reads what was written', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), fc.uint8Array({ maxLength: 70_000, size: 'max' }), (number, bytes) => {
        fc.pre(bytes.length < 65_000);
        const file = new DerReader(derSequence(derInteger(number), derValue(TAG.octetString, bytes)));
        const sequence = file.sequence();
        expect(sequence.integer()).toBe(number);
        expect(Buffer.compare(sequence.value(TAG.octetString), bytes)).toBe(0);
        expect(sequence.isAtEnd && file.isAtEnd).toBe(true);
      }),
    );
  });

  it.each([
    [0, '020100'],
    [127, '02017f'],
    [128, '02020080'],
    [16_384, '02024000'],
    [2 ** 40, '0206010000000000'],
  ])('writes %d in the shortest way, never as a negative number', (number, hex) => {
    expect(derInteger(number).toString('hex')).toBe(hex);
  });

  it.each([
    ['nothing', ''],
    ['a tag alone', '02'],
    ['a negative number', '020180'],
    ['a number with a needless zero', '0202007f'],
    ['a number without digits', '0200'],
    ['a number that no double holds', '020701000000000000'],
    ['a length in needlessly many bytes', '02810101'],
    ['a length with a leading zero', '0282000101'],
    ['an indefinite length', '0280010000'],
    ['a length of four bytes', '02840000000101'],
    ['less than the length says', '02020f'],
    ['something else than a number', '040101'],
  ])('refuses %s', (_what, hex) => {
    expect(() => reader(hex).integer()).toThrow(DerError);
  });

  it('rejects trailing bytes', () => {
    const rest = reader('02010102');
    expect(rest.integer()).toBe(1);
    expect(() => {
      rest.end();
    }).toThrow(DerError);
  });

  it('throws only a DerError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          new DerReader(Buffer.from(bytes)).sequence().integer();
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
    );
  });
});
