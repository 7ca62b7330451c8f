/** One signature for many statements: the tree, what of it travels, and who is believed for what. */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOf, batchStatement, SALT_BYTES } from '../../src/identity/batch.ts';
import { BatchSigner } from '../../src/identity/statement-signer.ts';
import { isSignatureOf, StatementVerifier } from '../../src/identity/statement-verifier.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import type { Signature } from '../../src/protocol/messages.ts';
import { IDENTITY_LIMITS } from '../../src/identity/limits.ts';
import { keyedScheme } from '../../testing/keyed-scheme.ts';

const MAKER = 'a'.repeat(64) as PeerId;
const OTHER = 'b'.repeat(64) as PeerId;
const scheme = keyedScheme(MAKER);

let salts = 0;
const salt = (): Buffer => Buffer.alloc(SALT_BYTES, ++salts);

/** Signs these in one batch. */
async function signed(texts: readonly string[], by = scheme): Promise<readonly Signature[]> {
  const flushes: (() => void)[] = [];
  const signer = new BatchSigner({ sign: by.sign, salt, schedule: (flush) => flushes.push(flush) });
  const auths = texts.map((text) => signer.sign(text));
  for (const flush of flushes) flush();
  return Promise.all(auths);
}

const textsOf = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `text ${index}\n`);

function only(auths: readonly Signature[], index = 0): Signature {
  const auth = auths[index];
  if (auth === undefined) throw new Error('there is one');
  return auth;
}

describe('a batch', () => {
  it('of one is a plain signature', async () => {
    expect(await signed(['alone\n'])).toEqual([{ sig: scheme.sign('alone\n') }]);
  });

  it('has one signature, and each statement in it is signed', async () => {
    for (const count of [2, 3, 4, 5, 8, 17]) {
      const texts = textsOf(count);
      const auths = await signed(texts);
      expect(new Set(auths.map(({ sig }) => sig)).size).toBe(1);
      for (const [index, text] of texts.entries()) {
        expect(isSignatureOf(scheme.verify, MAKER, text, only(auths, index)), `${index} of ${count}`).toBe(true);
      }
    }
  });

  it('proves no other statement, position or signer', async () => {
    const texts = textsOf(5);
    const auths = await signed(texts);
    for (const [index, text] of texts.entries()) {
      for (const [place, auth] of auths.entries()) {
        expect(isSignatureOf(scheme.verify, MAKER, text, auth)).toBe(index === place);
        expect(isSignatureOf(scheme.verify, OTHER, text, auth)).toBe(false);
      }
    }
  });

  it('becomes invalid when any bit of a path changes', async () => {
    const auths = await signed(textsOf(4));
    const { sig, path = '' } = only(auths, 2);
    const bytes = Buffer.from(path, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const auth = { sig, path: changed.toString('base64url') };
      expect(isSignatureOf(scheme.verify, MAKER, 'text 2\n', auth), `bit ${bit}`).toBe(false);
    }
  });

  it('accepts only paths of limited length in their canonical encoding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 18 + 32 * 10 }), (bytes) => {
        const depth = (bytes.length - 18) / 32;
        const isPath = Number.isInteger(depth) && depth >= 1 && depth <= LIMITS.batchDepthMax;
        const index = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
        const statement = batchStatement('text\n', Buffer.from(bytes).toString('base64url'));
        expect(statement !== null).toBe(isPath && index < 2 ** depth);
      }),
    );
    const tooDeep = Buffer.alloc(18 + 32 * (LIMITS.batchDepthMax + 1)).toString('base64url');
    expect(batchStatement('text\n', tooDeep)).toBeNull();
    const path = Buffer.alloc(18 + 32).toString('base64url');
    expect(batchStatement('text\n', path)).not.toBeNull();
    for (const other of [`${path}=`, `${path}A`, `${path.slice(0, -1)}B`, ` ${path}`]) {
      expect(batchStatement('text\n', other), other).toBeNull();
    }
  });

  it('is split when its paths would be longer than the limit', async () => {
    const max = 2 ** LIMITS.batchDepthMax;
    const auths = await signed(textsOf(max + 2));
    expect(new Set(auths.map(({ sig }) => sig)).size).toBe(2);
    for (const index of [0, max - 1, max, max + 1]) {
      expect(isSignatureOf(scheme.verify, MAKER, `text ${index}\n`, only(auths, index))).toBe(true);
    }
  });

  it('does not accept an inner node as a statement', () => {
    const { statement } = batchOf(['a', 'b', 'c', 'd'].map((text) => ({ text, salt: Buffer.alloc(SALT_BYTES) })));
    const leaf = (text: string): Buffer =>
      createHash('sha256').update(Buffer.of(0)).update(Buffer.alloc(SALT_BYTES)).update(text).digest();
    const node = (left: Buffer, right: Buffer): Buffer =>
      createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
    const [left, right] = [Buffer.concat([leaf('a'), leaf('b')]), node(leaf('c'), leaf('d'))];
    const path = Buffer.concat([Buffer.alloc(2), left.subarray(0, SALT_BYTES), right]).toString('base64url');
    expect(batchStatement(left.subarray(SALT_BYTES).toString('latin1'), path)).not.toBe(statement);
  });

  it('reveals nothing about its other statements: equal ones have different hashes', async () => {
    const [, first] = await signed(['mine\n', 'the same\n']);
    const [, second] = await signed(['mine\n', 'the same\n']);
    expect(first?.path).not.toBe(second?.path);
    expect(first?.sig).not.toBe(second?.sig);
  });

  it('ends with the turn of the event loop', async () => {
    const signer = new BatchSigner({ sign: scheme.sign, salt });
    const [one, two] = await Promise.all([signer.sign('one\n'), signer.sign('two\n')]);
    const three = await signer.sign('three\n');
    expect(one.sig).toBe(two.sig);
    expect(three).toEqual({ sig: scheme.sign('three\n') });
  });
});

describe('a verifier', () => {
  function counting(hasThread: boolean): { readonly verifier: StatementVerifier; readonly work: { count: number } } {
    const work = { count: 0 };
    const verifySync = (id: PeerId, text: string, sig: string): boolean => {
      work.count += 1;
      return scheme.verify(id, text, sig);
    };
    const verifyAsync = (id: PeerId, text: string, sig: string) => Promise.resolve(verifySync(id, text, sig));
    return { verifier: new StatementVerifier({ verify: verifySync, ...(hasThread && { verifyAsync }) }, 100), work };
  }

  it.each([false, true])(
    'verifies a root once, also when all come at the same time (on another thread: %s)',
    async (hasThread) => {
      const { verifier, work } = counting(hasThread);
      const texts = textsOf(16);
      const auths = await signed(texts);
      const found = await Promise.all(
        texts.map(async (text, index) => verifier.verify(MAKER, text, only(auths, index))),
      );
      expect(found).toEqual(texts.map(() => true));
      expect(verifier.verifySync(MAKER, texts[3] ?? '', only(auths, 3))).toBe(true);
      expect(work.count).toBe(1);
    },
  );

  it.each([false, true])(
    'remembers a genuine signature for that key and no other (on another thread: %s)',
    async (hasThread) => {
      const { verifier } = counting(hasThread);
      const texts = textsOf(4);
      const auths = await signed(texts);
      expect(await verifier.verify(MAKER, texts[0] ?? '', only(auths))).toBe(true);
      expect(await verifier.verify(OTHER, texts[0] ?? '', only(auths))).toBe(false);
      expect(verifier.verifySync(OTHER, texts[1] ?? '', only(auths, 1))).toBe(false);
    },
  );

  it.each([false, true])(
    'checks the path although it knows the signature (on another thread: %s)',
    async (hasThread) => {
      const { verifier } = counting(hasThread);
      const texts = textsOf(4);
      const auths = await signed(texts);
      expect(await verifier.verify(MAKER, texts[0] ?? '', only(auths))).toBe(true);
      expect(await verifier.verify(MAKER, 'never said\n', only(auths))).toBe(false);
      expect(await verifier.verify(MAKER, 'never said\n', { sig: only(auths).sig })).toBe(false);
      expect(verifier.verifySync(MAKER, 'never said\n', only(auths, 1))).toBe(false);
      expect(await verifier.verify(MAKER, texts[0] ?? '', only(auths, 1))).toBe(false);
    },
  );

  it('verifies the first of a turn synchronously and the others on another thread, those of one root once', async () => {
    const { verifier, work } = counting(true);
    const forged = { sig: keyedScheme(OTHER).sign('text\n') };
    const first = Array.from({ length: IDENTITY_LIMITS.verifiedPerTurn }, () =>
      verifier.verify(MAKER, 'text\n', forged),
    );
    expect(first).toEqual(first.map(() => false));
    const texts = textsOf(16);
    const auths = await signed(texts);
    const before = work.count;
    const found = texts.map((text, index) => verifier.verify(MAKER, text, only(auths, index)));
    expect(found.every((result) => result instanceof Promise)).toBe(true);
    for (const result of found) expect(await result).toBe(true);
    expect(work.count - before).toBe(1);
    await new Promise(setImmediate);
    expect(verifier.verify(MAKER, 'text\n', forged)).toBe(false);
  });

  it('caches only genuine signatures', () => {
    const { verifier, work } = counting(false);
    const auth = { sig: keyedScheme(OTHER).sign('text\n') };
    for (let time = 0; time < 2; time += 1) expect(verifier.verify(MAKER, 'text\n', auth)).toBe(false);
    expect(work.count).toBe(2);
  });
});

describe('the vectors', () => {
  interface Vectors {
    readonly secretKey: string;
    readonly publicKey: string;
    readonly leaves: readonly { readonly statement: string; readonly salt: string; readonly path: string }[];
    readonly signed: string;
    readonly sig: string;
  }
  const file = new URL('batch-vectors.json', import.meta.url);
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;

  it('match what this program computes', () => {
    const leaves = vectors.leaves.map(({ statement, salt }) => ({ text: statement, salt: Buffer.from(salt, 'hex') }));
    const { statement, paths } = batchOf(leaves);
    expect(statement).toBe(vectors.signed);
    expect(paths).toEqual(vectors.leaves.map(({ path }) => path));
    const header = Buffer.from('302e020100300506032b657004220420', 'hex');
    const key = Buffer.concat([header, Buffer.from(vectors.secretKey, 'hex')]);
    const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
    expect(sign(null, Buffer.from(statement), privateKey).toString('base64url')).toBe(vectors.sig);
  });

  /** As another program would do it, from docs/PROTOCOL.md alone. */
  it('can be verified by what is written in the documentation', () => {
    const x = Buffer.from(vectors.publicKey, 'hex').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    for (const { statement, path } of vectors.leaves) {
      const bytes = Buffer.from(path, 'base64url');
      let position = bytes.readUInt16BE(0);
      let hash = createHash('sha256').update('\0').update(bytes.subarray(2, 18)).update(statement).digest();
      for (let at = 18; at < bytes.length; at += 32) {
        const sibling = bytes.subarray(at, at + 32);
        const pair = position % 2 === 0 ? [hash, sibling] : [sibling, hash];
        hash = createHash('sha256').update('\u0001').update(Buffer.concat(pair)).digest();
        position = Math.floor(position / 2);
      }
      const root = `grapevine/2=batch\nroot=${hash.toString('base64url')}\n`;
      expect(verify(null, Buffer.from(root), key, Buffer.from(vectors.sig, 'base64url'))).toBe(true);
    }
  });
});
