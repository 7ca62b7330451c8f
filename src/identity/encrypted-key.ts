/**
 * A private key encrypted with a passphrase: PKCS#8 `EncryptedPrivateKeyInfo` with PBES2 (RFC 8018), scrypt (RFC 7914) and AES-256-CBC,
 * the format of `openssl pkcs8 -topk8 -scrypt`. node:crypto itself writes only PBKDF2, which needs no memory to attack.
 *
 * The scrypt costs in a file are checked before they are paid: a hostile file can take neither minutes nor gigabytes.
 */
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  randomBytes,
  scryptSync,
  type KeyObject,
} from 'node:crypto';
import { IDENTITY_LIMITS } from './limits.ts';
import { DerError, derInteger, DerReader, derSequence, derValue, TAG } from './der.ts';
import { UnusableKey } from './unusable-key.ts';

interface ScryptCost {
  /** `N`, a power of two. */
  readonly cost: number;
  /** `r` */
  readonly blockSize: number;
  /** `p` */
  readonly parallelization: number;
}

interface Encrypted {
  readonly salt: Buffer;
  readonly cost: ScryptCost;
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
}

/** OWASP's recommendation for 16 MB. More memory would be safer, but openssl reads no file that needs more than 32 MB. */
const OUR_COST: ScryptCost = { cost: 2 ** 14, blockSize: 8, parallelization: 5 };

const CIPHER = 'aes-256-cbc';
const KEY_BYTES = 32;
const IV_BYTES = 16;
const SALT_BYTES = 16;
const SALT_MIN_BYTES = 8;
const SALT_MAX_BYTES = 64;

/** Object identifiers, as the contents of their DER. */
const PBES2 = '2a864886f70d01050d';
const SCRYPT = '2b06010401da47040b';
const AES_256_CBC = '60864801650304012a';
const PBKDF2 = '2a864886f70d01050c';

/** @returns DER */
export function encryptKey(key: KeyObject, passphrase: string): Buffer {
  const [salt, iv] = [randomBytes(SALT_BYTES), randomBytes(IV_BYTES)];
  const cipher = createCipheriv(CIPHER, derive(passphrase, salt, OUR_COST), iv);
  const plain = key.export({ type: 'pkcs8', format: 'der' });
  return write({ salt, cost: OUR_COST, iv, ciphertext: Buffer.concat([cipher.update(plain), cipher.final()]) });
}

/** @throws UnusableKey */
export function decryptKey(der: Buffer, passphrase: string): KeyObject {
  const { salt, cost, iv, ciphertext } = read(der);
  try {
    const decipher = createDecipheriv(CIPHER, derive(passphrase, salt, cost), iv);
    const plain = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
    return strictKey(plain);
  } catch (error) {
    // CBC cannot distinguish the two.
    throw new UnusableKey("can't be opened: the passphrase is wrong, or the file is damaged", { cause: error });
  }
}

/** CBC detects no changes, and OpenSSL accepts some; so the decrypted bytes must be exactly what we would write. */
function strictKey(der: Buffer): KeyObject {
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  if (key.export({ format: 'der', type: 'pkcs8' }).equals(der)) return key;
  throw new DerError('key is not in canonical form');
}

function derive(passphrase: string, salt: Buffer, { cost, blockSize, parallelization }: ScryptCost): Buffer {
  const maxmem = 2 * IDENTITY_LIMITS.scryptMemoryMaxBytes;
  return scryptSync(passphrase, salt, KEY_BYTES, { cost, blockSize, parallelization, maxmem });
}

function write({ salt, cost, iv, ciphertext }: Encrypted): Buffer {
  const derivation = derSequence(
    objectId(SCRYPT),
    derSequence(
      derValue(TAG.octetString, salt),
      derInteger(cost.cost),
      derInteger(cost.blockSize),
      derInteger(cost.parallelization),
    ),
  );
  const encryption = derSequence(objectId(AES_256_CBC), derValue(TAG.octetString, iv));
  return derSequence(
    derSequence(objectId(PBES2), derSequence(derivation, encryption)),
    derValue(TAG.octetString, ciphertext),
  );
}

function objectId(hex: string): Buffer {
  return derValue(TAG.objectId, Buffer.from(hex, 'hex'));
}

function read(der: Buffer): Encrypted {
  try {
    return readInfo(new DerReader(der));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new UnusableKey('is damaged: restore it from a backup', { cause: error });
  }
}

function readInfo(file: DerReader): Encrypted {
  const info = file.sequence();
  file.end();
  const algorithm = info.sequence();
  const ciphertext = info.value(TAG.octetString);
  info.end();
  expectAlgorithm(algorithm, PBES2);
  const parameters = algorithm.sequence();
  algorithm.end();
  const derivation = readDerivation(parameters.sequence());
  const iv = readCipher(parameters.sequence());
  parameters.end();
  return { ...derivation, iv, ciphertext };
}

function readDerivation(derivation: DerReader): Pick<Encrypted, 'salt' | 'cost'> {
  expectAlgorithm(derivation, SCRYPT);
  const parameters = derivation.sequence();
  derivation.end();
  const salt = parameters.value(TAG.octetString);
  const [cost, blockSize, parallelization] = [parameters.integer(), parameters.integer(), parameters.integer()];
  if (!parameters.isAtEnd && parameters.integer() !== KEY_BYTES) throw new DerError('unexpected key length');
  parameters.end();
  if (salt.length < SALT_MIN_BYTES || salt.length > SALT_MAX_BYTES) throw new DerError('invalid salt length');
  const scryptCost = { cost, blockSize, parallelization };
  assertAffordable(scryptCost);
  return { salt, cost: scryptCost };
}

function readCipher(encryption: DerReader): Buffer {
  expectAlgorithm(encryption, AES_256_CBC);
  const iv = encryption.value(TAG.octetString);
  encryption.end();
  if (iv.length !== IV_BYTES) throw new DerError('invalid length of the initialization vector');
  return iv;
}

function expectAlgorithm(reader: DerReader, expected: string): void {
  const found = reader.value(TAG.objectId).toString('hex');
  if (found === expected) return;
  const how = found === PBKDF2 ? 'with PBKDF2' : 'with another algorithm';
  throw new UnusableKey(
    `is encrypted ${how}, not with scrypt and AES-256-CBC: convert it with "openssl pkcs8 -topk8 -scrypt"`,
  );
}

function assertAffordable({ cost, blockSize, parallelization }: ScryptCost): void {
  const isPossible = cost > 1 && Number.isInteger(Math.log2(cost)) && blockSize > 0 && parallelization > 0;
  if (!isPossible) throw new DerError('invalid scrypt costs');
  // The parallel blocks need memory as well as the table.
  const memory = 128 * blockSize * (cost + parallelization);
  const work = cost * blockSize * parallelization;
  if (memory <= IDENTITY_LIMITS.scryptMemoryMaxBytes && work <= IDENTITY_LIMITS.scryptWorkMax) return;
  throw new UnusableKey(
    `needs too much memory or time to decrypt (scrypt N=${cost}, r=${blockSize}, p=${parallelization}): it is damaged or hostile; ` +
      'if it is yours, convert it with "openssl pkcs8 -topk8 -scrypt"',
  );
}
