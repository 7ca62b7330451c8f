/**
 * A private key as text: PKCS#8 in PEM (RFC 7468), plain or encrypted with a passphrase. A last line has the desk's id; other programs
 * ignore it. It detects damage, which an ed25519 key cannot show itself: any 32 bytes are a valid key.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { PeerId } from '../protocol/ids.ts';
import { deskIdOf } from './desk-id.ts';
import { decryptKey, encryptKey } from './encrypted-key.ts';
import { UnusableKey } from './unusable-key.ts';

const PLAIN = 'PRIVATE KEY';
const ENCRYPTED = 'ENCRYPTED PRIVATE KEY';
const LINE_LENGTH = 64;
const RESTORE = 'restore it from a backup, or use another data folder for a new identity';

const BEGIN = /^-----BEGIN ([A-Z0-9 ]{1,64})-----\r?$/m;
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;
const OWNER = /^Grapevine desk ([0-9a-f]{64})\r?$/m;

/** A key file before decryption. */
export interface KeyText {
  readonly encrypted: boolean;
  readonly der: Buffer;
  /** Desk id in the last line; null when it is missing, as in keys made by other programs. */
  readonly owner: PeerId | null;
}

/** @param passphrase undefined: not encrypted */
export function formatKey(key: KeyObject, passphrase: string | undefined): string {
  const [label, der] =
    passphrase === undefined
      ? [PLAIN, key.export({ type: 'pkcs8', format: 'der' })]
      : [ENCRYPTED, encryptKey(key, passphrase)];
  const lines = der.toString('base64').match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
  const pem = [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`];
  return [...pem, `Grapevine desk ${deskIdOf(key)}`, ''].join('\n');
}

/** @throws UnusableKey */
export function parseKeyText(text: string): KeyText {
  if (text.trim() === '') throw new UnusableKey(`is empty: ${RESTORE}`);
  const [begin, label = ''] = BEGIN.exec(text) ?? [];
  if (begin === undefined) throw new UnusableKey(`is damaged: it has no key in PEM. ${capitalize(RESTORE)}`);
  if (label !== PLAIN && label !== ENCRYPTED) {
    throw new UnusableKey(`holds a ${label}, but must hold an ed25519 key in PKCS#8: a PRIVATE KEY`);
  }
  const rest = text.slice(text.indexOf(begin) + begin.length);
  const end = rest.indexOf(`-----END ${label}-----`);
  const base64 = rest.slice(0, Math.max(end, 0));
  if (end < 0 || !BASE64.test(base64)) throw new UnusableKey(`is damaged: ${RESTORE}`);
  const owner = OWNER.exec(rest.slice(end))?.[1] ?? null;
  return { encrypted: label === ENCRYPTED, der: Buffer.from(base64, 'base64'), owner: owner as PeerId | null };
}

/**
 * @param passphrase used only if the key is encrypted
 * @throws UnusableKey
 */
export function keyOfText(parsed: KeyText, passphrase: string | undefined): KeyObject {
  const key = parsed.encrypted ? decrypt(parsed.der, passphrase) : readPlainKey(parsed.der);
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new UnusableKey(`holds a key of type ${key.asymmetricKeyType ?? 'unknown'}, not ed25519`);
  }
  if (parsed.owner === null || parsed.owner === deskIdOf(key)) return key;
  throw new UnusableKey(`is damaged: its key is not that of ${parsed.owner}. ${capitalize(RESTORE)}`);
}

function capitalize(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function readPlainKey(der: Buffer): KeyObject {
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch (error) {
    throw new UnusableKey(`is damaged: ${RESTORE}`, { cause: error });
  }
}

function decrypt(der: Buffer, passphrase: string | undefined): KeyObject {
  if (passphrase !== undefined) return decryptKey(der, passphrase);
  throw new UnusableKey('is encrypted: give its passphrase (--passphrase-file FILE, or GRAPEVINE_PASSPHRASE)');
}
