import fc from 'fast-check';
import { hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hkdfExpand, hkdfExtract } from '../../src/identity/hkdf.ts';

describe('HKDF', () => {
  it('equals the result of node for all lengths', () => {
    const bytes = fc.uint8Array({ maxLength: 100 });
    fc.assert(
      fc.property(bytes, bytes, bytes, fc.integer({ min: 1, max: 200 }), (secret, salt, info, length) => {
        const direct = Buffer.from(hkdfSync('sha256', secret, salt, info, length));
        expect(hkdfExpand(hkdfExtract(salt, secret), info, length)).toEqual(direct);
      }),
    );
  });

  it('matches the first vector of RFC 5869', () => {
    const prk = hkdfExtract(Buffer.from('000102030405060708090a0b0c', 'hex'), Buffer.alloc(22, 0x0b));
    expect(prk.toString('hex')).toBe('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5');
    expect(hkdfExpand(prk, Buffer.from('f0f1f2f3f4f5f6f7f8f9', 'hex'), 42).toString('hex')).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
  });
});
