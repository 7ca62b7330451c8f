/**
 * Encrypts ("seals") direct messages: a request to the key that is the receiver's id, and the answer to the sender of that request.
 *
 * - A request is HPKE (RFC 9180) in base mode. `info` binds a domain tag and the receiver's ed25519 id. Its X25519 key would not be
 *   enough, because an id and its negative have the same one.
 * - An answer is encrypted as in Oblivious HTTP (RFC 9458, section 4.4), with a key derived from the request's context and a new salt. So
 *   it belongs to that request only, and each answer to a replayed request has another key. All answers are sealed, also refusals.
 * - The plaintext is JSON, padded with spaces to a multiple of 1 KB: the length does not show which step of a deal it is.
 * - Sealing does not authenticate the sender. The message inside has its own signature or MAC.
 *
 * Every desk opens sealed requests, whatever its own setting (see `Encryption` in sealed-network.ts), and seals the answers. So there is
 * no negotiation that an attacker could downgrade. An unsealed answer to a sealed request may be forged: the outcome of the request is
 * unknown, and it is never sent again unsealed.
 *
 * Not protected: there is no forward secrecy on the receiver's side (whoever gets its key can decrypt recorded requests), and who sends to
 * whom, when and how often, is visible.
 */
import type { CipherSuite } from '@hpke/core';
import { randomBytes, type KeyObject, type webcrypto } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Reply } from '../ports/network.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { IDENTITY_LIMITS } from './limits.ts';
import { LIMITS } from '../protocol/limits.ts';
import { cleanText } from '../wire/clean-text.ts';
import { parseJson } from '../wire/parse-json.ts';
import {
  encodeSealedAnswer,
  encodeSealedRequest,
  parseSealedAnswer,
  parseSealedRequest,
  type SealedPayload,
} from '../wire/sealed-codec.ts';
import { openText, sealText, TEXT_KEY_BYTES, TEXT_NONCE_BYTES } from './chacha-text.ts';
import { deskIdOf } from './desk-id.ts';
import { hkdfExpand, hkdfExtract } from './hkdf.ts';
import { bufferOf, hpkeSuite } from './hpke-suite.ts';
import { montgomeryPublicKey, montgomerySecretKey } from './montgomery-key.ts';

const REQUEST_TAG = 'grapevine/1 sealed request';
const ANSWER_CONTEXT = bufferOf(Buffer.from('grapevine/1 sealed answer'));
const SECRET_BYTES = 32;
const SALT_BYTES = 32;

/** The library uses the global types of browsers. */
type CryptoKey = webcrypto.CryptoKey;
type CryptoKeyPair = webcrypto.CryptoKeyPair;

const TOO_LARGE = JSON.stringify(['ERR_INTERNAL: the answer is too large', null]);

export interface OutgoingSealed {
  /** To send instead of the payload. */
  readonly payload: SealedPayload;
  /** The answer; null for a result that is not an answer to this request, or was modified. Never throws. */
  openAnswer(result: unknown): Reply | null;
}

export interface IncomingSealed {
  /** Any JSON value, at most `jsonMaxDepth` deep. Untrusted, like an unsealed one. */
  readonly payload: unknown;
  /** The reply to send instead. Can be called more than once. */
  sealAnswer(reply: Reply): Reply;
}

export class MessageSealer {
  readonly #id: PeerId;
  readonly #suite: CipherSuite = hpkeSuite();
  readonly #key: KeyObject;
  #keyPair: Promise<CryptoKeyPair> | null = null;
  /** Imported public keys: converting and importing one costs as much as the rest of sealing. */
  readonly #recipients: LRUCache<PeerId, CryptoKey>;

  /**
   * @param key the desk's own: ed25519, private
   * @param keysMax size of the cache of public keys
   */
  constructor(key: KeyObject, keysMax: number = IDENTITY_LIMITS.sealingKeysMax) {
    this.#key = key;
    this.#id = deskIdOf(key);
    this.#recipients = new LRUCache({ max: keysMax });
  }

  get cachedKeys(): number {
    return this.#recipients.size;
  }

  /**
   * @param payload a JSON value
   * @throws GrapevineError ERR_SEALED (a rejection) for an id that is not a secure public key, or a payload that is too large
   */
  async seal(payload: unknown, to: PeerId): Promise<OutgoingSealed> {
    const json = JSON.stringify(payload);
    if (isTooLarge(json)) throw new GrapevineError('ERR_SEALED', 'the message is too large to seal');
    const recipientPublicKey = await this.#publicKeyOf(to);
    const context = await this.#suite.createSenderContext({ recipientPublicKey, info: infoFor(to) });
    const ciphertext = Buffer.from(await context.seal(bufferOf(pad(json))));
    const enc = Buffer.from(context.enc);
    const keysOf = answerKeys(enc, await context.export(ANSWER_CONTEXT, SECRET_BYTES));
    return {
      payload: encodeSealedRequest({ destination: to, enc, ciphertext }),
      openAnswer: (result) => openAnswer(keysOf, result),
    };
  }

  /** @throws GrapevineError ERR_SEALED (a rejection) for a payload that is malformed, modified, or sealed to another desk */
  async open(payload: unknown): Promise<IncomingSealed> {
    const { destination, enc, ciphertext } = parseSealedRequest(payload);
    if (destination !== this.#id) throw new GrapevineError('ERR_SEALED', 'the message is sealed to another desk');
    const recipientKey = await (this.#keyPair ??= this.#importKeyPair());
    try {
      const params = { recipientKey, enc: bufferOf(enc), info: infoFor(this.#id) };
      const context = await this.#suite.createRecipientContext(params);
      const text = Buffer.from(await context.open(bufferOf(ciphertext)));
      const keysOf = answerKeys(enc, await context.export(ANSWER_CONTEXT, SECRET_BYTES));
      return { payload: parseText(text), sealAnswer: (reply) => sealAnswer(keysOf, reply) };
    } catch (error) {
      throw new GrapevineError('ERR_SEALED', 'the message was not sealed to this desk, or was modified', {
        cause: error,
      });
    }
  }

  async #publicKeyOf(id: PeerId): Promise<CryptoKey> {
    const known = this.#recipients.get(id);
    if (known !== undefined) return known;
    const key = (await this.#suite.kem.importKey('raw', bufferOf(montgomeryPublicKey(id)), true)) as CryptoKey;
    this.#recipients.set(id, key);
    return key;
  }

  async #importKeyPair(): Promise<CryptoKeyPair> {
    const { kem } = this.#suite;
    const privateKey = (await kem.importKey('raw', bufferOf(montgomerySecretKey(this.#key)), false)) as CryptoKey;
    return { privateKey, publicKey: await this.#publicKeyOf(this.#id) };
  }
}

/** Derives the key of an answer to one request, from the answer's salt. */
type AnswerKeys = (salt: Buffer) => { readonly key: Buffer; readonly nonce: Buffer };

/** Source: RFC 9458, section 4.4. */
function answerKeys(enc: Buffer, secret: ArrayBuffer): AnswerKeys {
  return (salt) => {
    const prk = hkdfExtract(Buffer.concat([enc, salt]), Buffer.from(secret));
    return {
      key: hkdfExpand(prk, Buffer.from('key'), TEXT_KEY_BYTES),
      nonce: hkdfExpand(prk, Buffer.from('nonce'), TEXT_NONCE_BYTES),
    };
  };
}

/** Seals errors as well: their texts can contain details of a deal. */
function sealAnswer(keysOf: AnswerKeys, { error, result }: Reply): Reply {
  const json = JSON.stringify([error, result]);
  const text = pad(isTooLarge(json) ? TOO_LARGE : json);
  const salt = randomBytes(SALT_BYTES);
  const { key, nonce } = keysOf(salt);
  return { error: null, result: encodeSealedAnswer({ salt, ciphertext: sealText(key, nonce, text) }) };
}

function openAnswer(keysOf: AnswerKeys, result: unknown): Reply | null {
  const sealed = parseSealedAnswer(result);
  if (sealed === null) return null;
  try {
    const { key, nonce } = keysOf(sealed.salt);
    return toReply(parseText(openText(key, nonce, sealed.ciphertext)));
  } catch {
    return null;
  }
}

function toReply(value: unknown): Reply | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [error, result] = value as readonly unknown[];
  if (error === null) return { error, result };
  return typeof error === 'string' ? { error: cleanText(error), result } : null;
}

function infoFor(id: PeerId): ArrayBuffer {
  return bufferOf(Buffer.from(`${REQUEST_TAG}\n${id}`));
}

function isTooLarge(json: string): boolean {
  return Buffer.byteLength(json) > LIMITS.sealedTextMaxBytes;
}

/** Pads with spaces, which JSON allows at its end. */
function pad(json: string): Buffer {
  const blocks = Math.ceil(Buffer.byteLength(json) / IDENTITY_LIMITS.sealedBlockBytes);
  const text = Buffer.alloc(blocks * IDENTITY_LIMITS.sealedBlockBytes, ' ');
  text.write(json);
  return text;
}

function parseText(text: Buffer): unknown {
  return parseJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text));
}
