/**
 * The file with a desk's ed25519 key: PKCS#8 in PEM, readable by its owner only, optionally encrypted with a passphrase. The public half
 * is the desk's id. An unusable file is an error that says what to do, never silently a new identity: other desks have deals with
 * the old one.
 *
 * A file that other users can read is refused, and so is one in a folder where they could replace it.
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

/** The name of the key file in a data folder. */
export const KEY_FILE = 'identity.key';

const FILE_MODE = 0o600;
const RIGHTS_OF_OTHERS = 0o077;
const WRITABLE_BY_OTHERS = 0o022;
/** Windows has no mode bits and cannot sync a folder. */
const IS_WINDOWS = process.platform === 'win32';

/**
 * @param passphrase used only if the file is encrypted
 * @throws GrapevineError ERR_KEY_FILE when the file is missing, damaged, not an ed25519 key, readable by others, or in a folder that
 * others can write to; or when the passphrase is missing or wrong
 */
export function readKeyFile(file: string, passphrase?: string): KeyObject {
  assertFolderIsPrivate(file);
  return readKeyToImport(file, passphrase);
}

/** Reads a key to import. Like `readKeyFile`, but accepts a folder that others can write to. */
export function readKeyToImport(file: string, passphrase?: string): KeyObject {
  return withFileName(file, () => keyOfText(parseKeyText(readPrivateFile(file)), passphrase));
}

/**
 * Reads a key file without decrypting it.
 * @throws GrapevineError ERR_KEY_FILE
 */
export function readKeyText(file: string): KeyText {
  return withFileName(file, () => parseKeyText(readPrivateFile(file)));
}

/**
 * Generates a key and writes it into a new file, atomically.
 * @throws GrapevineError ERR_KEY_FILE when the file exists or can't be written; ERR_JOURNAL_FULL when the disk is full
 */
export function createKeyFile(file: string, passphrase?: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  writeKeyFile(file, privateKey, passphrase);
  return privateKey;
}

/** Like `createKeyFile`, with an existing key. */
export function writeKeyFile(file: string, key: KeyObject, passphrase?: string): void {
  assertFolderIsPrivate(file);
  exportKey(file, key, passphrase);
}

/**
 * Writes a key into a new file in any folder: atomic, durable, never replaces a file.
 * @throws GrapevineError ERR_KEY_FILE
 */
export function exportKey(file: string, key: KeyObject, passphrase?: string): void {
  // Unlike a rename, a link fails when the name exists.
  install(file, formatKey(key, passphrase), linkSync);
}

/**
 * Replaces a key file, for example with another passphrase. A crash leaves the old or the new file, never a part.
 * @throws GrapevineError ERR_KEY_FILE
 */
export function rewriteKeyFile(file: string, key: KeyObject, passphrase?: string): void {
  assertFolderIsPrivate(file);
  install(file, formatKey(key, passphrase), renameSync);
}

/**
 * Reads a file that only its owner can read, of at most `keyFileMaxBytes`.
 * @throws UnusableKey
 */
function readPrivateFile(file: string): string {
  // Without O_NONBLOCK, opening a pipe waits for a writer.
  const handle = openSync(file, constants.O_RDONLY | (IS_WINDOWS ? 0 : constants.O_NONBLOCK));
  try {
    const status = fstatSync(handle);
    if (!status.isFile()) throw new UnusableKey("can't be read: it is not a regular file");
    if (!IS_WINDOWS && (status.mode & RIGHTS_OF_OTHERS) !== 0) {
      throw new UnusableKey(`can be read by others: run "chmod 600 ${file}", and consider who may have read it`);
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
  if (length > IDENTITY_LIMITS.keyFileMaxBytes) throw new UnusableKey("can't be read: it is too large for a key file");
  return bytes.toString('utf8', 0, length);
}

function assertFolderIsPrivate(file: string): void {
  if (IS_WINDOWS) return;
  const folder = dirname(file);
  withFileName(file, () => {
    const { mode } = statSync(folder);
    if ((mode & WRITABLE_BY_OTHERS) === 0) return;
    throw new UnusableKey(`could be replaced by others, who can write to its folder: run "chmod 700 ${folder}"`);
  });
}

function install(file: string, text: string, publish: (draft: string, file: string) => void): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeDurably(draft, text);
    publish(draft, file);
    syncFolder(dirname(file));
  } catch (error) {
    throw diskFull(error, file) ?? keyFileError(file, whyNotWritten(error), error);
  } finally {
    rmSync(draft, { force: true });
  }
}

function whyNotWritten(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
    return 'exists already and is left as it is';
  return `can't be written: ${error instanceof Error ? error.message : String(error)}`;
}

function writeDurably(file: string, text: string): void {
  const handle = openSync(file, 'wx', FILE_MODE);
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

/** Adds the name of the file to each error. */
function withFileName<Result>(file: string, work: () => Result): Result {
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
