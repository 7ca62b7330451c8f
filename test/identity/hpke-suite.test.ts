/** RFC 9180, appendix A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305 in base mode. */
import type { CipherSuite } from '@hpke/core';
import type { webcrypto } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bufferOf, hpkeSuite } from '../../src/identity/hpke-suite.ts';

const VECTOR = {
  info: '4f6465206f6e2061204772656369616e2055726e',
  ikmE: '909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b',
  pkRm: '4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a',
  skRm: '8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb',
  enc: '1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a',
  text: '4265617574792069732074727574682c20747275746820626561757479',
  sealed: [
    '1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28',
    '6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f59992dc98c',
    '71146bd6795ccc9c49ce25dda112a48f202ad220559502cef1f34271e0cb4b02b4f10ecac6f48c32f878fae86b',
  ],
  exported: [
    ['', '4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160606e'],
    ['00', '8c1df14732580e5501b00f82b10a1647b40713191b7c1240ac80e2b68808ba69'],
    ['54657374436f6e74657874', '5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53'],
  ],
} as const;

function bytes(hex: string): ArrayBuffer {
  return bufferOf(Buffer.from(hex, 'hex'));
}

function hex(data: ArrayBuffer): string {
  return Buffer.from(data).toString('hex');
}

/** The library's types name those of a browser. */
async function importKey(suite: CipherSuite, key: string, isPublic: boolean): Promise<webcrypto.CryptoKey> {
  return (await suite.kem.importKey('raw', bytes(key), isPublic)) as webcrypto.CryptoKey;
}

/** "Count-0", "Count-1" … */
function aad(count: number): ArrayBuffer {
  return bufferOf(Buffer.from(`Count-${count}`));
}

describe('HPKE, by the vectors of RFC 9180', () => {
  it('seals', async () => {
    const suite = hpkeSuite();
    const recipientPublicKey = await importKey(suite, VECTOR.pkRm, true);
    const sender = await suite.createSenderContext({
      recipientPublicKey,
      info: bytes(VECTOR.info),
      ekm: bytes(VECTOR.ikmE),
    });
    expect(hex(sender.enc)).toBe(VECTOR.enc);
    for (const [count, sealed] of VECTOR.sealed.entries()) {
      expect(hex(await sender.seal(bytes(VECTOR.text), aad(count)))).toBe(sealed);
    }
    for (const [context, secret] of VECTOR.exported) expect(hex(await sender.export(bytes(context), 32))).toBe(secret);
  });

  it('opens', async () => {
    const suite = hpkeSuite();
    const recipientKey = await importKey(suite, VECTOR.skRm, false);
    const params = { recipientKey, enc: bytes(VECTOR.enc), info: bytes(VECTOR.info) };
    const recipient = await suite.createRecipientContext(params);
    for (const [count, sealed] of VECTOR.sealed.entries()) {
      expect(hex(await recipient.open(bytes(sealed), aad(count)))).toBe(VECTOR.text);
    }
    for (const [context, secret] of VECTOR.exported) {
      expect(hex(await recipient.export(bytes(context), 32))).toBe(secret);
    }
  });

  it('expands to more than one hash, as node does', async () => {
    const suite = hpkeSuite();
    const prk = await suite.kdf.extract(bytes('00'.repeat(32)), bytes('01'));
    const direct = await suite.kdf.extractAndExpand(bytes('00'.repeat(32)), bytes('01'), bytes('02'), 100);
    expect(hex(await suite.kdf.expand(prk, bytes('02'), 100))).toBe(hex(direct));
  });

  it.each([
    ['0', '00'.repeat(32)],
    ['1', `01${'00'.repeat(31)}`],
    ['order 8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
    ['p - 1', `ec${'ff'.repeat(30)}7f`],
  ])('rejects an encapsulated key of small order: %s', async (_what, enc) => {
    const suite = hpkeSuite();
    const recipientKey = await importKey(suite, VECTOR.skRm, false);
    await expect(suite.createRecipientContext({ recipientKey, enc: bytes(enc) })).rejects.toThrow();
  });
});
