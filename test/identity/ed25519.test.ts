/** ed25519 as RFC 8032 has it, and stricter than it asks for: one spelling of everything, and no key of small order. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deskIdOf } from '../../src/identity/desk-id.ts';
import { ed25519Scheme, isPublicKey, verifyEd25519 } from '../../src/identity/ed25519.ts';
import { PROTOCOL_VERSION } from '../../src/wire/statement.ts';
import { readAuth } from '../../src/wire/auth-codec.ts';
import { RFC_8032 } from './rfc8032.ts';

/** In front of the 32 bytes of a secret key in PKCS#8 (RFC 8410). */
const PKCS8_HEAD = '302e020100300506032b657004220420';
/** The order of the group, and the prime of the field. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const P = 2n ** 255n - 19n;

function keyOf(secret: string): KeyObject {
  return createPrivateKey({ key: Buffer.from(PKCS8_HEAD + secret, 'hex'), format: 'der', type: 'pkcs8' });
}

function littleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

function fromLittleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function hexOf(y: bigint, sign: 0 | 1): string {
  const bytes = littleEndian(y);
  bytes[31] = (bytes[31] ?? 0) | (sign << 7);
  return bytes.toString('hex');
}

describe('the vectors of RFC 8032', () => {
  it.each(RFC_8032)('$name', ({ secret, id, message, signature }) => {
    const key = keyOf(secret);
    const bytes = Buffer.from(message, 'hex');
    expect(deskIdOf(key)).toBe(id);
    expect(verifyEd25519(id, bytes, Buffer.from(signature, 'hex'))).toBe(true);
    // Texts are what we sign; of the vectors only some are UTF-8.
    if (Buffer.from(bytes.toString()).equals(bytes)) {
      expect(ed25519Scheme(key).sign(bytes.toString())).toBe(Buffer.from(signature, 'hex').toString('base64url'));
    }
  });

  it.each(RFC_8032)('$name with any bit changed does not verify', ({ id, message, signature }) => {
    const bytes = Buffer.from(message, 'hex');
    const right = Buffer.from(signature, 'hex');
    for (let bit = 0; bit < 512; bit += 1) {
      const wrong = Buffer.from(right);
      wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verifyEd25519(id, bytes, wrong)).toBe(false);
    }
    expect(verifyEd25519(id, Buffer.concat([bytes, Buffer.of(0)]), right)).toBe(false);
  });
});

describe('a signature', () => {
  const { id = '', signature: hex = '' } = RFC_8032[0] ?? {};
  const signature = Buffer.from(hex, 'hex');

  it.each([0, 1, 32, 63, 65, 128])('of %i bytes is invalid', (length) => {
    const other = Buffer.concat([signature, signature]).subarray(0, length);
    expect(verifyEd25519(id, '', other)).toBe(false);
  });

  it('with an unreduced S is rejected: S + L satisfies the equation as well', () => {
    const s = fromLittleEndian(signature.subarray(32));
    expect(s < L).toBe(true);
    for (let times = 1n; s + times * L < 2n ** 256n; times += 1n) {
      const other = Buffer.concat([signature.subarray(0, 32), littleEndian(s + times * L)]);
      expect(verifyEd25519(id, '', other)).toBe(false);
    }
  });

  it('has one valid encoding', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const scheme = ed25519Scheme(privateKey);
    const name = deskIdOf(privateKey);
    const sig = scheme.sign('text');
    expect(scheme.verify(name, 'text', sig)).toBe(true);
    const padded = `${sig}==`;
    const standard = Buffer.from(sig, 'base64url').toString('base64');
    // Of the last digit only two bits count; these differ in the others.
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = digits.indexOf(sig.at(-1) ?? '');
    const looseBits = [1, 2, 3].map((more) => sig.slice(0, -1) + (digits[last + more] ?? ''));
    const others = [padded, standard, `${sig} `, ` ${sig}`, `${sig}\n`, `${sig}A`, sig.slice(1), '', ...looseBits];
    for (const other of others) {
      expect(scheme.verify(name, 'text', other), other).toBe(false);
      expect(readAuth({ v: PROTOCOL_VERSION, sig: other }), other).toBeNull();
    }
    expect(readAuth({ v: PROTOCOL_VERSION, sig })).toEqual({ sig });
  });

  it('is valid for one key and one text', () => {
    const [one, two] = [ed25519Key(), ed25519Key()] as const;
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, other) => {
        const sig = one.scheme.sign(text);
        expect(two.scheme.verify(one.id, text, sig)).toBe(true);
        expect(one.scheme.verify(two.id, text, sig)).toBe(false);
        // What is no UTF-8 is written alike; statements never have it.
        const isSame = Buffer.from(text).equals(Buffer.from(other));
        expect(one.scheme.verify(one.id, other, sig)).toBe(isSame);
      }),
      { numRuns: 200 },
    );
  });
});

function ed25519Key() {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { id: deskIdOf(privateKey), scheme: ed25519Scheme(privateKey) };
}

/** y of the points of order 8, 4, 2 and 1; x of either sign is another point, or not one at all. */
const Y_OF_ORDER_8 = fromLittleEndian(
  Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex'),
);
const SMALL_ORDER_Y = [0n, 1n, P - 1n, Y_OF_ORDER_8, P - Y_OF_ORDER_8];

/** The same y with p added, as far as there is room: other spellings of the same points. */
const SMALL_ORDER_SPELLINGS = SMALL_ORDER_Y.flatMap((y) => (y + P < 2n ** 255n ? [y, y + P] : [y])).flatMap((y) => [
  hexOf(y, 0),
  hexOf(y, 1),
]);

describe('a key', () => {
  it('of small order is rejected, in every encoding', () => {
    expect(SMALL_ORDER_SPELLINGS).toHaveLength(14);
    for (const id of SMALL_ORDER_SPELLINGS) expect(isPublicKey(id), id).toBe(false);
  });

  it('of small order verifies no signature that is valid for many texts', () => {
    // With A = the neutral point, R = B^S holds for every message; the OpenSSL of Node 20 and 22 itself takes it.
    const id = hexOf(1n, 0);
    const forged = Buffer.concat([Buffer.from(hexOf(1n, 0), 'hex'), Buffer.alloc(32)]);
    for (const text of ['anything', 'something else']) expect(verifyEd25519(id, text, forged)).toBe(false);
  });

  it('whose y is not below p is rejected', () => {
    for (let y = P; y < 2n ** 255n; y += 1n) {
      expect(isPublicKey(hexOf(y, 0))).toBe(false);
      expect(isPublicKey(hexOf(y, 1))).toBe(false);
    }
    // The largest ones that are canonical are looked at like any other: these are too large for no reason of ours.
    expect(() => isPublicKey(hexOf(P - 2n, 0))).not.toThrow();
  });

  it.each(['', '0', 'd75a98', 'G'.repeat(64)])('of another form is invalid: %j', (id) => {
    expect(isPublicKey(id)).toBe(false);
    expect(verifyEd25519(id, '', Buffer.alloc(64))).toBe(false);
  });

  it('is 64 hex digits in lower case and nothing more', () => {
    const { id = '' } = RFC_8032[0] ?? {};
    expect(isPublicKey(id)).toBe(true);
    for (const other of [id.toUpperCase(), `${id}00`, `${id}\n`, ` ${id}`]) expect(isPublicKey(other)).toBe(false);
  });

  it('that is not a point of the curve verifies nothing and does not throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const id = Buffer.from(bytes).toString('hex');
        expect(verifyEd25519(id, 'text', Buffer.alloc(64, 1))).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
