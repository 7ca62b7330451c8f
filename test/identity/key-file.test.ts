import { generateKeyPairSync, sign, verify, createPublicKey } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { deskIdOf } from '../../src/identity/desk-id.ts';
import { createKeyFile, readKeyFile } from '../../src/identity/key-file.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder, 'identity.key');
});

describe('a key file', () => {
  it('holds its key, readable by its owner only', () => {
    const key = createKeyFile(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(deskIdOf(readKeyFile(file))).toBe(deskIdOf(key));
    expect(deskIdOf(key)).toMatch(/^[0-9a-f]{64}$/);
    const message = Buffer.from('m');
    expect(verify(null, message, createPublicKey(readKeyFile(file)), sign(null, message, key))).toBe(true);
    expect(readdirSync(folder)).toEqual(['identity.key']);
  });

  it('is never replaced', () => {
    createKeyFile(file);
    const before = readFileSync(file);
    expect(() => createKeyFile(file)).toThrow(expect.objectContaining({ code: 'ERR_KEY_FILE' }) as Error);
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(folder)).toEqual(['identity.key']);
  });

  it.each([
    ['is missing', () => undefined, /can't be read/],
    [
      'is a folder',
      () => {
        mkdirSync(file, { mode: 0o700 });
      },
      /can't be read/,
    ],
    [
      'is empty',
      () => {
        writeFileSync(file, '', { mode: 0o600 });
      },
      /is empty: restore it/,
    ],
    [
      'is damaged',
      () => {
        createKeyFile(file);
        writeFileSync(file, readFileSync(file).subarray(0, 60));
      },
      /is damaged/,
    ],
    [
      'can be read by others',
      () => {
        createKeyFile(file);
        chmodSync(file, 0o640);
      },
      /chmod 600/,
    ],
    [
      'holds a key of another kind',
      () => {
        const { privateKey } = generateKeyPairSync('x25519');
        writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
      },
      /of type x25519, not ed25519/,
    ],
  ])('that %s is refused, saying what to do', (_what, make, text) => {
    make();
    expect(() => readKeyFile(file)).toThrow(expect.objectContaining({ code: 'ERR_KEY_FILE' }) as Error);
    expect(() => readKeyFile(file)).toThrow(text);
  });
});
