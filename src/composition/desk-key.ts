/**
 * The key in a data folder, looked at and copied. Reading takes no lock, so that a running desk is not disturbed.
 *
 * Keys come and go as PKCS#8 in PEM alone. Bare hex would be handier, but a desk's id is 64 hex digits as well, and an id
 * that is taken for a key is a key that everybody knows.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { deskIdOf, exportKey, KEY_FILE, readKeyFile, readKeyText } from '../identity/key-file.ts';
import { formatKey } from '../identity/key-text.ts';
import { assertPassphrase } from '../identity/passphrase.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';

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

/** @throws GrapevineError ERR_KEY_FILE when there is none */
export function existingKey(dataDir: string): string {
  const file = join(dataDir, KEY_FILE);
  if (existsSync(file)) return file;
  throw new GrapevineError('ERR_KEY_FILE', `there is no key in ${dataDir}: make one with --new, or --import one`);
}
