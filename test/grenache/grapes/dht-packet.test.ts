import * as bencode from 'bencode';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWellFormedPacket } from '../../../src/grenache/grapes/dht-packet.ts';
import { decodeStrictly } from '../../../src/grenache/grapes/strict-bencode.ts';
import { LIMITS } from '../../../src/composition/limits.ts';
import { FORMS, id, malformedPackets, wellFormedPackets } from './dht-packets.ts';

describe('a packet for the DHT', () => {
  it.each(wellFormedPackets)('is accepted: $name', ({ packet }) => {
    expect(isWellFormedPacket(packet)).toBe(true);
  });

  it.each(malformedPackets)('is dropped: $name', ({ packet }) => {
    expect(isWellFormedPacket(packet)).toBe(false);
  });

  it('is dropped if any field has a wrong type', () => {
    const wrong = fc.constantFrom<unknown>(-1, Buffer.alloc(0), Buffer.alloc(2_000), [], {}, [[]], { id });
    const form = fc.constantFrom(...FORMS);
    fc.assert(
      fc.property(form, wrong, fc.nat(), (message, value, pick) => {
        const part = message.a ?? message.r;
        const names = Object.keys(part ?? {});
        const name = names[pick % names.length] ?? 'id';
        const broken = { ...part, [name]: value };
        const packet = bencode.encode({ ...message, ...(message.a ? { a: broken } : { r: broken }) });
        // An empty list of values is fine, as are no nodes at all.
        const harmless =
          (name === 'values' && Array.isArray(value) && value.length === 0) || isEmptyBuffer(name, value);
        expect(isWellFormedPacket(packet)).toBe(harmless);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        isWellFormedPacket(Buffer.from(bytes));
      }),
    );
  });
});

function isEmptyBuffer(name: string, value: unknown): boolean {
  return (name === 'nodes' || name === 'salt') && Buffer.isBuffer(value) && value.length === 0;
}

describe('decodeStrictly', () => {
  it('decodes what the package bencode encodes', () => {
    const value = decodeStrictly(bencode.encode({ a: 1, b: [Buffer.from('x'), -5], c: {} }));
    const expected = new Map<string, unknown>([
      ['a', 1],
      ['b', [Buffer.from('x'), -5]],
      ['c', new Map()],
    ]);
    expect(value).toEqual(expected);
  });

  it.each([
    ['nothing', ''],
    ['a cut number', 'i12'],
    ['a number without digits', 'ie'],
    ['a number that is too long', 'i12345678901234567890e'],
    ['a float', 'i1.5e'],
    ['a negative length', '-1:a'],
    ['a length beyond the end', '5:abc'],
    ['a huge length', '99999999999999:a'],
    ['an open list', 'li1e'],
    ['an open dictionary', 'd1:ai1e'],
    ['a dictionary whose key is a number', 'di1ei1ee'],
    ['a key twice', 'd1:ai1e1:ai2ee'],
    ['a prototype', 'd9:__proto__3:abce'],
    ['more after the end', 'i1ei2e'],
    ['deep nesting', `${'l'.repeat(1_000)}${'e'.repeat(1_000)}`],
  ])('rejects %s', (_name, text) => {
    expect(decodeStrictly(Buffer.from(text))).toBeNull();
  });
});

describe('the size of a packet', () => {
  const t = Buffer.from('aa');
  const sized = (form: object, size: number): Buffer => {
    const packet = (padding: number): Buffer => bencode.encode({ ...form, z: Buffer.alloc(padding) });
    return packet(size - packet(1_000).length + 1_000);
  };

  it.each([
    ['a query', { t, y: 'q', q: 'ping', a: { id } }, LIMITS.grapeQueryMaxBytes],
    ['an answer', { t, y: 'r', r: { id } }, LIMITS.grapePacketMaxBytes],
  ])('%s is limited, because a stored slice holds the whole packet in memory', (_what, form, maxBytes) => {
    const [fits, isTooLarge] = [sized(form, maxBytes - 10), sized(form, maxBytes + 10)];
    expect(fits.length).toBeLessThanOrEqual(maxBytes);
    expect(isTooLarge.length).toBeGreaterThan(maxBytes);
    expect([isWellFormedPacket(fits), isWellFormedPacket(isTooLarge)]).toEqual([true, false]);
  });
});
