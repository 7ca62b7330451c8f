/**
 * Where a desk keeps its ed25519 key between two lives: PKCS#8 in PEM, for its owner alone. The desk's id is the public
 * half. A file that can't be used is an error that says what to do, and never a new identity in silence: others would
 * still hold deals with the old one.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { GrapevineError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';

const OWNER_ONLY = 0o600;
const RIGHTS_OF_OTHERS = 0o077;

/**
 * @throws GrapevineError ERR_KEY_FILE when it is missing, damaged, no ed25519 key, or readable by others
 */
export function readKeyFile(file: string): KeyObject {
  const pem = readOwnersFile(file);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw keyFileError(
      file,
      'is damaged: restore it from a backup, or use another data folder for a new identity',
      error,
    );
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw keyFileError(file, `holds a key of type ${key.asymmetricKeyType ?? 'unknown'}, not ed25519`);
}

/**
 * A fresh key in a new file, whole or not at all.
 * @throws GrapevineError ERR_KEY_FILE when the file exists or can't be written
 */
export function createKeyFile(file: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeDurably(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    // A link never replaces what is there, which a rename would.
    linkSync(draft, file);
    syncFolder(dirname(file));
  } catch (error) {
    throw keyFileError(file, `can't be written: ${error instanceof Error ? error.message : String(error)}`, error);
  } finally {
    rmSync(draft, { force: true });
  }
  return privateKey;
}

/** The 64 hex digits of the public half. */
export function deskIdOf(key: KeyObject): PeerId {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url').toString('hex') as PeerId;
}

function readOwnersFile(file: string): string {
  try {
    const { mode } = statSync(file);
    // Windows keeps rights in another way.
    if (process.platform === 'win32' || (mode & RIGHTS_OF_OTHERS) === 0) return readFileSync(file, 'utf8');
  } catch (error) {
    throw keyFileError(file, `can't be read: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  throw keyFileError(file, 'can be read by others: chmod 600 it, and think about who may have');
}

function writeDurably(file: string, text: string): void {
  const handle = openSync(file, 'wx', OWNER_ONLY);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function keyFileError(file: string, problem: string, cause?: unknown): GrapevineError {
  return new GrapevineError('ERR_KEY_FILE', `${file} ${problem}`, { cause });
}
