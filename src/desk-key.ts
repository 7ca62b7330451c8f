/**
 * What an operator does with the key in a data folder: look at the id, make a key, bring one from elsewhere, take a copy,
 * put it under a passphrase. Reading takes no lock, so that a running desk is not disturbed; writing takes the folder's,
 * so that a running desk and its file never disagree.
 *
 * Keys come and go as PKCS#8 in PEM alone. Bare hex would be handier, but a desk's id is 64 hex digits as well, and an id
 * that is taken for a key is a key that everybody knows.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  deskIdOf,
  exportKey,
  KEY_FILE,
  readForeignKey,
  readKeyFile,
  readKeyText,
  rewriteKeyFile,
  writeKeyFile,
} from './identity/key-file.ts';
import { formatKey } from './identity/key-text.ts';
import { assertPassphrase } from './identity/passphrase.ts';
import { GrapevineError } from './protocol/errors.ts';
import type { PeerId } from './protocol/ids.ts';
import { lockFolder } from './store/folder-lock.ts';
import { makeFolder } from './store/private-file.ts';

export interface DeskKey {
  readonly id: PeerId;
  /** Whether the file wants a passphrase. */
  readonly encrypted: boolean;
}

/**
 * Whose key is in a data folder. Without the passphrase of an encrypted one, it is the id that the file says, which is
 * checked whenever the key is used.
 * @throws GrapevineError ERR_KEY_FILE when there is none, or it can't be used
 */
export function readDeskKey(dataDir: string, passphrase?: string): DeskKey {
  const file = existingKey(dataDir);
  const { encrypted, owner } = readKeyText(file);
  const isTold = encrypted && passphrase === undefined && owner !== null;
  return { id: isTold ? owner : deskIdOf(readKeyFile(file, passphrase)), encrypted };
}

/**
 * Whether the key in a data folder wants a passphrase; false when there is none.
 * @throws GrapevineError ERR_KEY_FILE
 */
export function isDeskKeyEncrypted(dataDir: string): boolean {
  const file = join(dataDir, KEY_FILE);
  return existsSync(file) && isKeyEncrypted(file);
}

/**
 * Whether a key file wants a passphrase.
 * @throws GrapevineError ERR_KEY_FILE
 */
export function isKeyEncrypted(file: string): boolean {
  return readKeyText(file).encrypted;
}

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
 * A copy of a desk's key as text, PKCS#8 in PEM.
 * @param passphrase of the key if it is encrypted, and of the copy in any case
 * @throws GrapevineError ERR_KEY_FILE
 */
export function deskKeyText(dataDir: string, passphrase?: string): string {
  assertPassphrase(passphrase);
  return formatKey(readKeyFile(existingKey(dataDir), passphrase), passphrase);
}

/** The same in a new file, for its owner alone; one that exists is never replaced. */
export function exportDeskKey(dataDir: string, file: string, passphrase?: string): DeskKey {
  assertPassphrase(passphrase);
  const key = readKeyFile(existingKey(dataDir), passphrase);
  exportKey(file, key, passphrase);
  return { id: deskIdOf(key), encrypted: passphrase !== undefined };
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
  makeFolder(dataDir);
  return withLock(dataDir, () => {
    assertFree(dataDir);
    writeKeyFile(join(dataDir, KEY_FILE), key, passphrase);
    return { id: deskIdOf(key), encrypted: passphrase !== undefined };
  });
}

/** A new key beside an old journal would leave the deals in it without the one who made them. */
function assertFree(dataDir: string): void {
  const file = join(dataDir, KEY_FILE);
  if (existsSync(file)) {
    throw new GrapevineError('ERR_KEY_FILE', `${file} exists, and is never replaced: use another data folder`);
  }
  if (existsSync(join(dataDir, 'journal.db'))) {
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

function existingKey(dataDir: string): string {
  const file = join(dataDir, KEY_FILE);
  if (existsSync(file)) return file;
  throw new GrapevineError('ERR_KEY_FILE', `there is no key in ${dataDir}: make one with --new, or --import one`);
}

function withLock<Result>(dataDir: string, work: () => Result): Result {
  const lock = lockFolder(dataDir);
  try {
    return work();
  } finally {
    lock.release();
  }
}
