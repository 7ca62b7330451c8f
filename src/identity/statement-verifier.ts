/**
 * Verifies signatures under statements, and remembers what each signature was found to be for: a repeated fact, or another
 * statement of the same batch, costs no second verification. What is remembered belongs to one key and one signature, and is
 * compared as a whole, so that it can't stand for anything else.
 */
import { LRUCache } from 'lru-cache';
import type { PeerId } from '../protocol/ids.ts';
import type { Auth } from '../protocol/messages.ts';
import { batchStatement } from './batch.ts';
import { IDENTITY_LIMITS } from './limits.ts';
import type { SignatureScheme } from './signature-scheme.ts';

type Scheme = Pick<SignatureScheme, 'verify' | 'verifyAside'>;

export class StatementVerifier {
  readonly #scheme: Scheme;
  /** What was signed, by key and signature. */
  readonly #genuine: LRUCache<string, string>;
  /** Verifications on another thread, by key, signature and text: statements of one batch often come together. */
  readonly #pending = new Map<string, Promise<boolean>>();
  /** Verified here since this turn of the event loop began. */
  #inThisTurn = 0;

  /** @param max signatures that are remembered */
  constructor(scheme: Scheme, max: number) {
    this.#scheme = scheme;
    this.#genuine = new LRUCache({ max });
  }

  /** On another thread, if the scheme has one, the answer is not known already, and it is not among the first of this turn. */
  verify(id: PeerId, text: string, auth: Auth): boolean | Promise<boolean> {
    const signed = signedText(text, auth);
    if (signed === null) return false;
    const key = keyOf(id, auth);
    if (this.#genuine.get(key) === signed) return true;
    const { verifyAside } = this.#scheme;
    const pending = this.#pending.get(`${key}\n${signed}`);
    if (pending !== undefined) return pending;
    if (verifyAside === undefined || this.#mayVerifyHere()) {
      return this.#learn(key, signed, this.#scheme.verify(id, signed, auth.sig));
    }
    return this.#verifyAside(verifyAside, id, key, signed, auth.sig);
  }

  /** The way to another thread and back costs half as much again, and there it waits behind the disk: so the first few stay here. */
  #mayVerifyHere(): boolean {
    if (this.#inThisTurn >= IDENTITY_LIMITS.verifiedPerTurn) return false;
    if (this.#inThisTurn === 0) {
      setImmediate(() => {
        this.#inThisTurn = 0;
      });
    }
    this.#inThisTurn += 1;
    return true;
  }

  /** Right here. */
  verifyNow(id: PeerId, text: string, auth: Auth): boolean {
    const signed = signedText(text, auth);
    if (signed === null) return false;
    const key = keyOf(id, auth);
    return this.#genuine.get(key) === signed || this.#learn(key, signed, this.#scheme.verify(id, signed, auth.sig));
  }

  #verifyAside(
    verifyAside: NonNullable<SignatureScheme['verifyAside']>,
    id: PeerId,
    key: string,
    signed: string,
    sig: string,
  ): Promise<boolean> {
    const attempt = `${key}\n${signed}`;
    const pending = verifyAside(id, signed, sig).then((isGenuine) => {
      this.#pending.delete(attempt);
      return this.#learn(key, signed, isGenuine);
    });
    this.#pending.set(attempt, pending);
    return pending;
  }

  #learn(key: string, signed: string, isGenuine: boolean): boolean {
    if (isGenuine) this.#genuine.set(key, signed);
    return isGenuine;
  }
}

/** Whether `auth` is a signature of `id` under `text`, without any memory: for receipts. */
export function isSigned(verify: SignatureScheme['verify'], id: PeerId, text: string, auth: Auth): boolean {
  const signed = signedText(text, auth);
  return signed !== null && verify(id, signed, auth.sig);
}

/** What the signature must be for. */
function signedText(text: string, { path }: Auth): string | null {
  return path === undefined ? text : batchStatement(text, path);
}

function keyOf(id: PeerId, { sig }: Auth): string {
  return `${id} ${sig}`;
}
