/**
 * Creates or imports the key in a data folder, and sets or removes its passphrase. Each change takes the folder's lock, so that a
 * running desk never differs from its key file.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { existingKey, type DeskKey } from './desk-key.ts';
import { hasJournal } from './has-journal.ts';
import { deskIdOf } from '../identity/desk-id.ts';
import {
  KEY_FILE,
  readKeyToImport,
  readKeyFile,
  readKeyText,
  rewriteKeyFile,
  writeKeyFile,
} from '../identity/key-file.ts';
import { assertPassphrase } from '../identity/passphrase.ts';
import { GrapevineError, textOfError } from '../protocol/errors.ts';
import { lockFolder } from '../store/folder-lock.ts';
import { makeFolder } from '../store/private-file.ts';

/**
 * Creates a key in a data folder. Creates the folder if it is missing.
 * @param passphrase encrypts the key; undefined: not encrypted
 * @throws GrapevineError ERR_KEY_FILE when there is a key already, or a journal of another key; ERR_JOURNAL_LOCKED
 */
export function makeDeskKey(dataDir: string, passphrase?: string): DeskKey {
  return putKey(dataDir, generateKeyPairSync('ed25519').privateKey, passphrase);
}

/**
 * Imports a key from a file (PKCS#8 in PEM) into a data folder.
 * @param passphrase decrypts the file, if it is encrypted, and encrypts the copy
 * @throws GrapevineError as {@link makeDeskKey}
 */
export function importDeskKey(dataDir: string, file: string, passphrase?: string): DeskKey {
  return putKey(dataDir, readKeyToImport(file, passphrase), passphrase);
}

/**
 * Encrypts a key that is not encrypted.
 * @throws GrapevineError ERR_KEY_FILE, also when it is encrypted already; ERR_JOURNAL_LOCKED
 */
export function setDeskPassphrase(dataDir: string, passphrase: string): DeskKey {
  return rewriteKey(dataDir, undefined, passphrase);
}

/**
 * Removes the encryption of a key.
 * @throws GrapevineError ERR_KEY_FILE, also when it is not encrypted; ERR_JOURNAL_LOCKED
 */
export function removeDeskPassphrase(dataDir: string, passphrase: string): DeskKey {
  return rewriteKey(dataDir, passphrase, undefined);
}

function putKey(dataDir: string, key: KeyObject, passphrase: string | undefined): DeskKey {
  assertPassphrase(passphrase);
  prepareFolder(dataDir);
  return withLock(dataDir, () => {
    assertFree(dataDir);
    writeKeyFile(join(dataDir, KEY_FILE), key, passphrase);
    return { id: deskIdOf(key), encrypted: passphrase !== undefined };
  });
}

function prepareFolder(dataDir: string): void {
  try {
    makeFolder(dataDir);
  } catch (error) {
    if (error instanceof GrapevineError) throw error;
    const text = `the folder ${dataDir} can't be made: ${textOfError(error)}`;
    throw new GrapevineError('ERR_KEY_FILE', text, { cause: error });
  }
}

/** With a new key beside an old journal, the deals in the journal would belong to no desk. */
function assertFree(dataDir: string): void {
  const file = join(dataDir, KEY_FILE);
  if (existsSync(file)) {
    throw new GrapevineError('ERR_KEY_FILE', `${file} exists, and is never replaced: use another data folder`);
  }
  if (hasJournal(dataDir)) {
    throw new GrapevineError(
      'ERR_KEY_FILE',
      `${file} is missing beside a journal, whose deals are deals of that key: restore it from a backup, or use another ` +
        'data folder for a new identity',
    );
  }
}

function rewriteKey(dataDir: string, before: string | undefined, after: string | undefined): DeskKey {
  assertPassphrase(after);
  const file = existingKey(dataDir);
  return withLock(dataDir, () => {
    if (readKeyText(file).encrypted !== (before !== undefined)) {
      throw new GrapevineError('ERR_KEY_FILE', `${file} has ${before === undefined ? 'a' : 'no'} passphrase already`);
    }
    const key = readKeyFile(file, before);
    rewriteKeyFile(file, key, after);
    return { id: deskIdOf(key), encrypted: after !== undefined };
  });
}

function withLock<Result>(dataDir: string, work: () => Result): Result {
  const lock = lockFolder(dataDir);
  try {
    return work();
  } finally {
    lock.release();
  }
}
