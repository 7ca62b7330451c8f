/**
 * The key in a data folder, made, brought from elsewhere, put under a passphrase. Writing takes the folder's lock, so that a
 * running desk and its file never disagree.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { existingKey, type DeskKey } from './desk-key.ts';
import { hasJournal } from './has-journal.ts';
import {
  deskIdOf,
  KEY_FILE,
  readForeignKey,
  readKeyFile,
  readKeyText,
  rewriteKeyFile,
  writeKeyFile,
} from '../identity/key-file.ts';
import { assertPassphrase } from '../identity/passphrase.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { lockFolder } from '../store/folder-lock.ts';
import { makeFolder } from '../store/private-file.ts';

/**
 * A fresh key for a data folder, which is made when it is missing.
 * @param passphrase to put it under; undefined for none
 * @throws GrapevineError ERR_KEY_FILE when there is a key, or a journal that belongs to one; ERR_JOURNAL_LOCKED
 */
export function makeDeskKey(dataDir: string, passphrase?: string): DeskKey {
  return putKey(dataDir, generateKeyPairSync('ed25519').privateKey, passphrase);
}

/**
 * A key from a file, PKCS#8 in PEM, for a data folder.
 * @param passphrase of that file if it is encrypted, and of the copy in any case
 * @throws GrapevineError as {@link makeDeskKey}
 */
export function importDeskKey(dataDir: string, file: string, passphrase?: string): DeskKey {
  return putKey(dataDir, readForeignKey(file, passphrase), passphrase);
}

/**
 * Puts a key that has no passphrase under one.
 * @throws GrapevineError ERR_KEY_FILE, also when it has one; ERR_JOURNAL_LOCKED
 */
export function setDeskPassphrase(dataDir: string, passphrase: string): DeskKey {
  return rewriteKey(dataDir, undefined, passphrase);
}

/**
 * Leaves a key in the clear that has a passphrase.
 * @throws GrapevineError ERR_KEY_FILE, also when it has none; ERR_JOURNAL_LOCKED
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
    const why = error instanceof Error ? error.message : String(error);
    throw new GrapevineError('ERR_KEY_FILE', `the folder ${dataDir} can't be made: ${why}`, { cause: error });
  }
}

/** A new key beside an old journal would leave the deals in it without the one who made them. */
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
