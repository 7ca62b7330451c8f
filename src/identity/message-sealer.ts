/**
 * Confidential direct messages: a request is sealed to the key that is the addressee's id, and its answer to whoever sent
 * that request. What travels is `POST /` with a payload, as ever, so it goes through every proxy, and there are no
 * certificates. How:
 *
 * - A request is HPKE (RFC 9180) in base mode. `info` binds a domain tag and the addressee's whole ed25519 id; the X25519
 *   key that belongs to it would not do, since an id and its negative share one.
 * - An answer is sealed as in Oblivious HTTP (RFC 9458, section 4.4): with a key that both ends take from the request's
 *   context and from a fresh salt. So it fits that request alone, and a request that is replayed gets answers with
 *   other keys. All answers are sealed, refusals too, and look alike from outside.
 * - Inside is JSON, filled up with spaces to a multiple of 1 KB: so all messages but lists are equally long, and which step
 *   of a deal it is can't be read off the length. It costs a microsecond, and nothing in the format.
 * - Who speaks is not this layer's business: the message inside carries its signature.
 *
 * Decisions. Every desk opens what is sealed to it, whatever its own settings, and answers it sealed; so nobody has to find
 * out who can, and nobody on the way can talk two desks out of it. Option `encrypt` says what a desk does by itself: `off`
 * (default) sends in the clear; `on` seals whatever it sends to a desk, and has clients of the original, who can't open it,
 * in the clear; `require` sends nothing unsealed and refuses direct messages that are not (ERR_NOT_SEALED), so it does
 * not deal with clients of the original. An error outside a seal, in answer to a sealed request, is nobody's word: the
 * request's fate is unknown, and it is never sent again in the clear. Broadcasts stay public: they are for everybody.
 *
 * What it does not do: whoever gets an addressee's key later can open what was recorded before (base mode has no forward
 * secrecy on that side), and who talks to whom, when and how often, is to be seen.
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
const ANSWER_TAG = 'grapevine/1 sealed answer';
const SECRET_BYTES = 32;
const SALT_BYTES = 32;

/** The library's types name those of a browser. */
type CryptoKey = webcrypto.CryptoKey;
type CryptoKeyPair = webcrypto.CryptoKeyPair;

const TOO_LARGE: Reply = { error: 'ERR_INTERNAL: the answer is too large', result: null };

export interface OutgoingSealed {
  /** Takes the place of the payload. */
  readonly payload: SealedPayload;
  /** What was answered; null for a result that is no answer to this request, or was altered. Never throws. */
  openAnswer(result: unknown): Reply | null;
}

export interface IncomingSealed {
  /** Any JSON value, at most `jsonMaxDepth` deep, as untrusted as one that came in the clear. */
  readonly payload: unknown;
  /** Takes the place of the reply. Can be called again, for another answer. */
  sealAnswer(reply: Reply): Reply;
}

export class MessageSealer {
  readonly #id: PeerId;
  readonly #suite: CipherSuite = hpkeSuite();
  readonly #key: KeyObject;
  #keyPair: Promise<CryptoKeyPair> | null = null;
  /** Converting and importing a public key costs as much as all the rest. */
  readonly #recipients: LRUCache<PeerId, CryptoKey>;

  /**
   * @param key the desk's own: ed25519, private
   * @param keysMax public keys of others that are kept ready
   */
  constructor(key: KeyObject, keysMax: number = IDENTITY_LIMITS.sealingKeysMax) {
    this.#key = key;
    this.#id = deskIdOf(key);
    this.#recipients = new LRUCache({ max: keysMax });
  }

  get keysKept(): number {
    return this.#recipients.size;
  }

  /**
   * @param payload a JSON value
   * @throws GrapevineError ERR_SEALED (a rejection) for an id that is no sound key, or a payload that is too large
   */
  async seal(payload: unknown, to: PeerId): Promise<OutgoingSealed> {
    const text = pad(JSON.stringify(payload));
    if (text === null) throw new GrapevineError('ERR_SEALED', 'the message is too large to be sealed');
    const recipientPublicKey = await this.#publicKeyOf(to);
    const context = await this.#suite.createSenderContext({ recipientPublicKey, info: infoFor(to) });
    const ciphertext = Buffer.from(await context.seal(bufferOf(text)));
    const enc = Buffer.from(context.enc);
    const answers = new AnswerKeys(enc, await context.export(bufferOf(Buffer.from(ANSWER_TAG)), SECRET_BYTES));
    return {
      payload: encodeSealedRequest({ destination: to, enc, ciphertext }),
      openAnswer: (result) => openAnswer(answers, result),
    };
  }

  /** @throws GrapevineError ERR_SEALED (a rejection) for what is malformed, altered, or sealed to somebody else */
  async open(payload: unknown): Promise<IncomingSealed> {
    const { destination, enc, ciphertext } = parseSealedRequest(payload);
    if (destination !== this.#id) throw new GrapevineError('ERR_SEALED', 'it is sealed to another desk');
    const recipientKey = await this.#ownKeyPair();
    try {
      const params = { recipientKey, enc: bufferOf(enc), info: infoFor(this.#id) };
      const context = await this.#suite.createRecipientContext(params);
      const text = Buffer.from(await context.open(bufferOf(ciphertext)));
      const answers = new AnswerKeys(enc, await context.export(bufferOf(Buffer.from(ANSWER_TAG)), SECRET_BYTES));
      return { payload: parseText(text), sealAnswer: (reply) => sealAnswer(answers, reply) };
    } catch (error) {
      throw new GrapevineError('ERR_SEALED', 'it was not sealed to this desk, or was altered', { cause: error });
    }
  }

  async #publicKeyOf(id: PeerId): Promise<CryptoKey> {
    const known = this.#recipients.get(id);
    if (known !== undefined) return known;
    const key = (await this.#suite.kem.importKey('raw', bufferOf(montgomeryPublicKey(id)), true)) as CryptoKey;
    this.#recipients.set(id, key);
    return key;
  }

  #ownKeyPair(): Promise<CryptoKeyPair> {
    this.#keyPair ??= this.#importOwn();
    return this.#keyPair;
  }

  async #importOwn(): Promise<CryptoKeyPair> {
    const { kem } = this.#suite;
    const privateKey = (await kem.importKey('raw', bufferOf(montgomerySecretKey(this.#key)), false)) as CryptoKey;
    return { privateKey, publicKey: await this.#publicKeyOf(this.#id) };
  }
}

/** RFC 9458, section 4.4. */
class AnswerKeys {
  readonly #enc: Buffer;
  readonly #secret: Buffer;

  constructor(enc: Buffer, secret: ArrayBuffer) {
    this.#enc = enc;
    this.#secret = Buffer.from(secret);
  }

  of(salt: Buffer): { readonly key: Buffer; readonly nonce: Buffer } {
    const prk = hkdfExtract(Buffer.concat([this.#enc, salt]), this.#secret);
    return {
      key: hkdfExpand(prk, Buffer.from('key'), TEXT_KEY_BYTES),
      nonce: hkdfExpand(prk, Buffer.from('nonce'), TEXT_NONCE_BYTES),
    };
  }
}

/** Errors go inside as well: their texts tell what a deal is about. */
function sealAnswer(answers: AnswerKeys, { error, result }: Reply): Reply {
  const text = pad(JSON.stringify([error, result])) ?? pad(JSON.stringify([TOO_LARGE.error, null]));
  if (text === null) throw new GrapevineError('ERR_INTERNAL', 'no answer fits');
  const salt = randomBytes(SALT_BYTES);
  const { key, nonce } = answers.of(salt);
  return { error: null, result: encodeSealedAnswer({ salt, ciphertext: sealText(key, nonce, text) }) };
}

function openAnswer(answers: AnswerKeys, result: unknown): Reply | null {
  const sealed = parseSealedAnswer(result);
  if (sealed === null) return null;
  try {
    const { key, nonce } = answers.of(sealed.salt);
    return asReply(parseText(openText(key, nonce, sealed.ciphertext)));
  } catch {
    return null;
  }
}

function asReply(value: unknown): Reply | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [error, result] = value as readonly unknown[];
  if (error === null) return { error, result };
  return typeof error === 'string' ? { error: cleanText(error), result } : null;
}

function infoFor(id: PeerId): ArrayBuffer {
  return bufferOf(Buffer.from(`${REQUEST_TAG}\n${id}`));
}

/** JSON may end in spaces. Null when it is too large. */
function pad(json: string): Buffer | null {
  const length = Buffer.byteLength(json);
  if (length > LIMITS.sealedTextMaxBytes) return null;
  const text = Buffer.alloc(
    Math.ceil(length / IDENTITY_LIMITS.sealedBlockBytes) * IDENTITY_LIMITS.sealedBlockBytes,
    ' ',
  );
  text.write(json);
  return text;
}

function parseText(text: Buffer): unknown {
  return parseJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text));
}
