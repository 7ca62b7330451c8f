/**
 * Verifies signatures of statements and caches the genuine ones, so that a repeated fact, or another statement of the same batch, needs
 * no second verification. A cache entry is compared with the whole text that was signed, so it is valid for nothing else.
 */
import { LRUCache } from 'lru-cache';
import type { PeerId } from '../protocol/ids.ts';
import type { Signature } from '../protocol/messages.ts';
import { batchStatement } from './batch.ts';
import { IDENTITY_LIMITS } from './limits.ts';
import type { SignatureScheme } from './signature-scheme.ts';

type Scheme = Pick<SignatureScheme, 'verify' | 'verifyAsync'>;

export class StatementVerifier {
  readonly #scheme: Scheme;
  /** Signed texts by key and signature. */
  readonly #genuine: LRUCache<string, string>;
  /** Verifications on another thread, by key, signature and text: statements of one batch often arrive together. */
  readonly #pending = new Map<string, Promise<boolean>>();
  /** Signatures verified on this thread in this turn of the event loop. */
  #inThisTurn = 0;

  /** @param max size of the cache */
  constructor(scheme: Scheme, max: number) {
    this.#scheme = scheme;
    this.#genuine = new LRUCache({ max });
  }

  /** Verifies the first signatures of a turn on this thread, and the others on another thread if the scheme has one. */
  verify(id: PeerId, text: string, auth: Signature): boolean | Promise<boolean> {
    const signed = signedText(text, auth);
    if (signed === null) return false;
    const key = keyOf(id, auth);
    if (this.#genuine.get(key) === signed) return true;
    const attempt = `${key}\n${signed}`;
    const pending = this.#pending.get(attempt);
    if (pending !== undefined) return pending;
    const { verifyAsync } = this.#scheme;
    if (verifyAsync === undefined || this.#isAmongFirstOfTurn()) {
      return this.#remember(key, signed, this.#scheme.verify(id, signed, auth.sig));
    }
    const verification = verifyAsync(id, signed, auth.sig).then((isGenuine) => {
      this.#pending.delete(attempt);
      return this.#remember(key, signed, isGenuine);
    });
    this.#pending.set(attempt, verification);
    return verification;
  }

  /** The first few stay on this thread: another one costs half as much again, and its pool is shared with the disk. */
  #isAmongFirstOfTurn(): boolean {
    if (this.#inThisTurn >= IDENTITY_LIMITS.verifiedPerTurn) return false;
    if (this.#inThisTurn === 0) {
      setImmediate(() => {
        this.#inThisTurn = 0;
      });
    }
    this.#inThisTurn += 1;
    return true;
  }

  /** Always verifies on this thread. */
  verifySync(id: PeerId, text: string, auth: Signature): boolean {
    const signed = signedText(text, auth);
    if (signed === null) return false;
    const key = keyOf(id, auth);
    return this.#genuine.get(key) === signed || this.#remember(key, signed, this.#scheme.verify(id, signed, auth.sig));
  }

  #remember(key: string, signed: string, isGenuine: boolean): boolean {
    if (isGenuine) this.#genuine.set(key, signed);
    return isGenuine;
  }
}

/** Whether `auth` is a signature of `id` for `text`. Without a cache: for receipts. */
export function isSignatureOf(verify: SignatureScheme['verify'], id: PeerId, text: string, auth: Signature): boolean {
  const signed = signedText(text, auth);
  return signed !== null && verify(id, signed, auth.sig);
}

/** The text that the signature must cover. */
function signedText(text: string, { path }: Signature): string | null {
  return path === undefined ? text : batchStatement(text, path);
}

function keyOf(id: PeerId, { sig }: Signature): string {
  return `${id} ${sig}`;
}
