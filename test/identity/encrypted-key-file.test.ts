import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { copyFileSync, chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { derInteger, derSequence, derValue, TAG } from '../../src/identity/der.ts';
import { deskIdOf } from '../../src/identity/desk-id.ts';
import {
  createKeyFile,
  readKeyToImport,
  readKeyFile,
  readKeyText,
  rewriteKeyFile,
} from '../../src/identity/key-file.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { leastProcessorMs } from '../../testing/processor-time.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const FIXTURE_PASSPHRASE = 'correct horse';
/** As `openssl pkey -pubout` says of openssl-plain.pem. */
const FIXTURE_ID = '7c57abd93ff00ac370fb7076b135c1ee419ee477b61b8f5050003dbb1f79c73b';

let folder: string;
let file: string;

beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder, 'identity.key');
});

const keyFileError = (text: RegExp): Error =>
  expect.objectContaining({ code: 'ERR_KEY_FILE', message: expect.stringMatching(text) as string }) as Error;

function fixture(name: string): string {
  const copy = join(folder, name);
  copyFileSync(join(FIXTURES, name), copy);
  chmodSync(copy, 0o600);
  return copy;
}

function pem(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`;
}

describe('a key file under a passphrase', () => {
  it('returns the key for its passphrase only', () => {
    const key = createKeyFile(file, 'pässword 1');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    expect(text).not.toContain(key.export({ format: 'der', type: 'pkcs8' }).toString('base64').slice(-40, -4));
    expect(deskIdOf(readKeyFile(file, 'pässword 1'))).toBe(deskIdOf(key));
    expect(() => readKeyFile(file, 'passwort 1')).toThrow(keyFileError(/the passphrase is wrong/));
    expect(() => readKeyFile(file)).toThrow(keyFileError(/is encrypted: give its passphrase/));
  });

  it('shows the desk id without the passphrase', () => {
    const key = createKeyFile(file, 'x');
    expect(readKeyText(file)).toMatchObject({ encrypted: true, owner: deskIdOf(key) });
  });

  it('has a new salt each time', () => {
    const key = createKeyFile(file, 'x');
    const before = readFileSync(file, 'utf8');
    rewriteKeyFile(file, key, 'x');
    expect(readFileSync(file, 'utf8')).not.toBe(before);
    expect(deskIdOf(readKeyFile(file, 'x'))).toBe(deskIdOf(key));
  });

  it('can be read by OpenSSL', () => {
    const key = createKeyFile(file, 'x');
    const read = createPrivateKey({ key: readFileSync(file), passphrase: 'x' });
    expect(deskIdOf(read)).toBe(deskIdOf(key));
  });

  // Each try costs what a passphrase costs to guess.
  it('never becomes another key when it is damaged', { timeout: 60_000 }, () => {
    createKeyFile(file, 'x');
    const [begin = '', ...lines] = readFileSync(file, 'utf8').split('\n');
    const end = lines.findIndex((line) => line.startsWith('-----END'));
    const der = Buffer.from(lines.slice(0, end).join(''), 'base64');
    // Every field of the header, the initialization vector, and each block of the ciphertext.
    for (let at = 0; at < der.length; at += 7) {
      const damaged = Buffer.from(der);
      damaged[at] = (damaged[at] ?? 0) ^ 0x04;
      writeFileSync(file, [begin, damaged.toString('base64'), ...lines.slice(end)].join('\n'));
      expect(() => readKeyFile(file, 'x'), `byte ${at}`).toThrow(keyFileError(/./));
    }
  });
});

describe('a key that OpenSSL wrote', () => {
  it.each(['openssl-plain.pem', 'openssl-scrypt.pem'])('is read: %s', (name) => {
    expect(deskIdOf(readKeyToImport(fixture(name), FIXTURE_PASSPHRASE))).toBe(FIXTURE_ID);
  });

  it.each([
    ['openssl-pbkdf2.pem', /encrypted with PBKDF2.*convert it with "openssl pkcs8 -topk8 -scrypt"/],
    ['openssl-ec.pem', /holds a EC PRIVATE KEY, but must hold an ed25519 key in PKCS#8/],
  ])('is refused, saying what to do: %s', (name, text) => {
    expect(() => readKeyToImport(fixture(name), FIXTURE_PASSPHRASE)).toThrow(keyFileError(text));
  });
});

describe('a hostile key file', () => {
  it('has samples below and above the memory limit', () => {
    expect(128 * 2 ** 18 * 8).toBeGreaterThan(LIMITS.scryptMemoryMaxBytes);
    expect(128 * 2 ** 17 * 8).toBeLessThan(LIMITS.scryptMemoryMaxBytes);
  });

  function encrypted(cost: readonly number[], salt = Buffer.alloc(16), extra: readonly Buffer[] = []): Buffer {
    const id = (hex: string): Buffer => derValue(TAG.objectId, Buffer.from(hex, 'hex'));
    const parameters = derSequence(derValue(TAG.octetString, salt), ...cost.map(derInteger), ...extra);
    const derivation = derSequence(id('2b06010401da47040b'), parameters);
    const encryption = derSequence(id('60864801650304012a'), derValue(TAG.octetString, Buffer.alloc(16)));
    return derSequence(
      derSequence(id('2a864886f70d01050d'), derSequence(derivation, encryption)),
      derValue(TAG.octetString, Buffer.alloc(64)),
    );
  }

  function refused(der: Buffer): string {
    writeFileSync(file, pem('ENCRYPTED PRIVATE KEY', der), { mode: 0o600 });
    try {
      readKeyFile(file, 'x');
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_KEY_FILE' });
      return (error as Error).message;
    }
    throw new Error('it was read');
  }

  /** The cheapest of what is refused would take half a second of scrypt. */
  const UNPAID_MAX_MS = 100;

  it.each([
    ['gigabytes', [2 ** 22, 8, 1]],
    ['gigabytes in blocks', [2, 2 ** 26, 1]],
    ['gigabytes side by side', [2, 8, 2 ** 24]],
    ['more memory than the limit', [2 ** 18, 8, 1]],
    ['minutes', [2 ** 14, 8, 4_096]],
    ['more work than the limit', [2 ** 14, 8, LIMITS.scryptWorkMax / 2 ** 17 + 1]],
    ['all of it', [2 ** 40, 2 ** 40, 2 ** 40]],
  ])('that asks for %s is refused before its cost is paid', (_what, cost) => {
    const der = encrypted(cost);
    expect(refused(der)).toMatch(/needs too much memory or time to decrypt/);
    expect(leastProcessorMs(() => refused(der), UNPAID_MAX_MS)).toBeLessThanOrEqual(UNPAID_MAX_MS);
  });

  it.each([
    ['a cost that is no power of two', [3, 8, 1]],
    ['a cost of one', [1, 8, 1]],
    ['no blocks', [16, 0, 1]],
    ['no parallel ones', [16, 8, 0]],
    ['a key of another length', [16, 8, 1, 16]],
    ['one number more', [16, 8, 1, 32, 1]],
    ['one number less', [16, 8]],
  ])('with %s is damaged', (_what, cost) => {
    expect(refused(encrypted(cost))).toMatch(/is damaged/);
  });

  it('may contain the key length, and a salt of any allowed length', () => {
    expect(refused(encrypted([16, 8, 1, 32]))).toMatch(/passphrase is wrong/);
    expect(refused(encrypted([16, 8, 1], Buffer.alloc(8)))).toMatch(/passphrase is wrong/);
    expect(refused(encrypted([16, 8, 1], Buffer.alloc(65)))).toMatch(/is damaged/);
    expect(refused(encrypted([16, 8, 1], Buffer.alloc(7)))).toMatch(/is damaged/);
  });

  it('with trailing bytes is damaged', () => {
    expect(refused(Buffer.concat([encrypted([16, 8, 1]), Buffer.of(5, 0)]))).toMatch(/is damaged/);
  });
});

describe('a key file in the clear', () => {
  it('in which a bit of the key has changed is damaged, not another identity', () => {
    const id = deskIdOf(createKeyFile(file));
    const text = readFileSync(file, 'utf8');
    const other = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    writeFileSync(file, other + text.slice(text.indexOf('Grapevine desk')));
    expect(() => readKeyFile(file)).toThrow(keyFileError(new RegExp(`its key is not that of ${id}`)));
  });

  it.each([
    ['cut off', (text: string) => text.slice(0, text.indexOf('-----END')), /is damaged/],
    ['cut within its first line', (text: string) => text.slice(0, 20), /no key in PEM/],
    ['no text at all', () => '\n\n', /is empty/],
    ['with strange characters', (text: string) => text.replace('MC4C', 'M*4C'), /is damaged/],
    ['too large', (text: string) => text + ' '.repeat(LIMITS.keyFileMaxBytes), /too large/],
  ])('%s is refused', (_what, change, text) => {
    createKeyFile(file);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    expect(() => readKeyFile(file)).toThrow(keyFileError(text));
  });

  it.each([0o770, 0o707, 0o777])('in a folder that others can write to (%o) is refused, saying what to do', (mode) => {
    createKeyFile(file);
    chmodSync(folder, mode);
    expect(() => readKeyFile(file)).toThrow(keyFileError(new RegExp(`"chmod 700 ${folder}"`)));
    expect(() => createKeyFile(join(folder, 'second.key'))).toThrow(keyFileError(/chmod 700/));
    chmodSync(folder, 0o755);
    expect(readKeyFile(file).asymmetricKeyType).toBe('ed25519');
  });

  it('that is a pipe is refused without waiting', () => {
    execFileSync('mkfifo', ['-m', '600', file]);
    expect(() => readKeyFile(file)).toThrow(keyFileError(/it is not a regular file/));
  });
});
