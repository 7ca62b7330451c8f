/**
 * Reads and copies the key in a data folder. Takes no lock, so a running desk is not disturbed.
 *
 * Keys are imported and exported only as PKCS#8 in PEM. Hex would be shorter, but a desk's id also has 64 hex digits: a key that can
 * be mistaken for an id will be published.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { deskIdOf } from '../identity/desk-id.ts';
import { exportKey, KEY_FILE, readKeyFile, readKeyText } from '../identity/key-file.ts';
import { formatKey } from '../identity/key-text.ts';
import { assertPassphrase } from '../identity/passphrase.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';

export interface DeskKey {
  readonly id: PeerId;
  /** Whether the file is encrypted. */
  readonly encrypted: boolean;
}

/**
 * The key in a data folder. Without the passphrase of an encrypted key, its id is the one that the file states, which is checked
 * whenever the key is used.
 * @throws GrapevineError ERR_KEY_FILE when there is none, or it can't be used
 */
export function readDeskKey(dataDir: string, passphrase?: string): DeskKey {
  const file = existingKey(dataDir);
  const { encrypted, owner } = readKeyText(file);
  const isIdStated = encrypted && passphrase === undefined && owner !== null;
  return { id: isIdStated ? owner : deskIdOf(readKeyFile(file, passphrase)), encrypted };
}

/**
 * Whether the key in a data folder is encrypted; false if there is none.
 * @throws GrapevineError ERR_KEY_FILE
 */
export function isDeskKeyEncrypted(dataDir: string): boolean {
  const file = join(dataDir, KEY_FILE);
  return existsSync(file) && isKeyEncrypted(file);
}

/**
 * Whether a key file is encrypted.
 * @throws GrapevineError ERR_KEY_FILE
 */
export function isKeyEncrypted(file: string): boolean {
  return readKeyText(file).encrypted;
}

/**
 * A copy of a desk's key as text (PKCS#8 in PEM).
 * @param passphrase decrypts the key, if it is encrypted, and encrypts the copy
 * @throws GrapevineError ERR_KEY_FILE
 */
export function deskKeyText(dataDir: string, passphrase?: string): string {
  assertPassphrase(passphrase);
  return formatKey(readKeyFile(existingKey(dataDir), passphrase), passphrase);
}

/** Writes it to a new file that only its owner can read. Never replaces a file. */
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
