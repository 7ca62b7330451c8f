/**
 * Where a desk keeps its ed25519 key between two lives: PKCS#8 in PEM, for its owner alone, under a passphrase if he likes.
 * The desk's id is the public half. A file that can't be used is an error that says what to do, and never a new identity
 * in silence: others would still hold deals with the old one.
 *
 * What is read must be nobody else's: a file that others can read is refused, and so is one in a folder in which others
 * can put another file in its place.
 */
import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { diskFull, GrapevineError } from '../protocol/errors.ts';
import { IDENTITY_LIMITS } from './limits.ts';
import { formatKey, keyOfText, parseKeyText, type KeyText } from './key-text.ts';
import { UnusableKey } from './unusable-key.ts';

export { deskIdOf, rawKey } from './desk-id.ts';
export type { KeyText } from './key-text.ts';

/** Its name in a data folder. */
export const KEY_FILE = 'identity.key';

const OWNER_ONLY = 0o600;
const RIGHTS_OF_OTHERS = 0o077;
const WRITABLE_BY_OTHERS = 0o022;
/** Windows keeps rights in another way, and syncs no folders. */
const IS_WINDOWS = process.platform === 'win32';

/**
 * @param passphrase only looked at when the file is encrypted
 * @throws GrapevineError ERR_KEY_FILE when it is missing, damaged, no ed25519 key, readable by others, in a folder that
 * others can write to, or when the passphrase is missing or wrong
 */
export function readKeyFile(file: string, passphrase?: string): KeyObject {
  assertFolderIsOwners(file);
  return readForeignKey(file, passphrase);
}

/** A key from anywhere, to be imported: the file must be its owner's alone, whatever folder it is in. Throws as above. */
export function readForeignKey(file: string, passphrase?: string): KeyObject {
  return about(file, () => keyOfText(parseKeyText(readOwnersFile(file)), passphrase));
}

/**
 * What a key file says without its passphrase.
 * @throws GrapevineError ERR_KEY_FILE
 */
export function readKeyText(file: string): KeyText {
  return about(file, () => parseKeyText(readOwnersFile(file)));
}

/**
 * A fresh key in a new file, whole or not at all.
 * @throws GrapevineError ERR_KEY_FILE when the file exists or can't be written; ERR_JOURNAL_FULL when the disk is full
 */
export function createKeyFile(file: string, passphrase?: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  writeKeyFile(file, privateKey, passphrase);
  return privateKey;
}

/** A key that is there already, in the same way. */
export function writeKeyFile(file: string, key: KeyObject, passphrase?: string): void {
  assertFolderIsOwners(file);
  exportKey(file, key, passphrase);
}

/**
 * A copy of a key in a new file, in any folder, whole or not at all; a file that exists is never replaced. On the disk
 * when it returns.
 * @throws GrapevineError ERR_KEY_FILE
 */
export function exportKey(file: string, key: KeyObject, passphrase?: string): void {
  // A link never replaces what is there, which a rename would.
  install(file, formatKey(key, passphrase), linkSync);
}

/**
 * The same key in the same file, written anew: a crash leaves the old or the new, never a part.
 * @throws GrapevineError ERR_KEY_FILE
 */
export function rewriteKeyFile(file: string, key: KeyObject, passphrase?: string): void {
  assertFolderIsOwners(file);
  install(file, formatKey(key, passphrase), renameSync);
}

/**
 * The text of a file that is its owner's alone, at most `keyFileMaxBytes` long.
 * @throws UnusableKey
 */
export function readOwnersFile(file: string): string {
  // Without O_NONBLOCK, a pipe without a writer would be waited for.
  const handle = openSync(file, constants.O_RDONLY | (IS_WINDOWS ? 0 : constants.O_NONBLOCK));
  try {
    const status = fstatSync(handle);
    if (!status.isFile()) throw new UnusableKey("can't be read: it is no file");
    if (!IS_WINDOWS && (status.mode & RIGHTS_OF_OTHERS) !== 0) {
      throw new UnusableKey(`can be read by others: "chmod 600 ${file}", and think about who may have`);
    }
    return readBounded(handle);
  } finally {
    closeSync(handle);
  }
}

function readBounded(handle: number): string {
  const bytes = Buffer.alloc(IDENTITY_LIMITS.keyFileMaxBytes + 1);
  let length = 0;
  for (let count = -1; count !== 0 && length < bytes.length; length += count) {
    count = readSync(handle, bytes, length, bytes.length - length, null);
  }
  if (length > IDENTITY_LIMITS.keyFileMaxBytes)
    throw new UnusableKey("can't be read: it is too large for what it should be");
  return bytes.toString('utf8', 0, length);
}

function assertFolderIsOwners(file: string): void {
  if (IS_WINDOWS) return;
  const folder = dirname(file);
  about(file, () => {
    const { mode } = statSync(folder);
    if ((mode & WRITABLE_BY_OTHERS) === 0) return;
    throw new UnusableKey(`could be replaced by others, who can write to its folder: "chmod 700 ${folder}"`);
  });
}

function install(file: string, text: string, put: (draft: string, file: string) => void): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeDurably(draft, text);
    put(draft, file);
    syncFolder(dirname(file));
  } catch (error) {
    throw (
      diskFull(error, file) ??
      keyFileError(file, `can't be written: ${error instanceof Error ? error.message : String(error)}`, error)
    );
  } finally {
    rmSync(draft, { force: true });
  }
}

function writeDurably(file: string, text: string): void {
  const handle = openSync(file, 'wx', OWNER_ONLY);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function syncFolder(folder: string): void {
  if (IS_WINDOWS) return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Names the file in whatever is wrong with it. */
function about<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof UnusableKey) throw keyFileError(file, error.message, error.cause);
    throw keyFileError(file, `can't be read: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

function keyFileError(file: string, problem: string, cause?: unknown): GrapevineError {
  return new GrapevineError('ERR_KEY_FILE', `${file} ${problem}`, { cause });
}
