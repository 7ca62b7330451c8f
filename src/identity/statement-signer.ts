/** Signs statements: one by one, or all that come in one turn of the event loop under one signature. */
import type { Auth } from '../protocol/messages.ts';
import { LIMITS } from '../protocol/limits.ts';
import { batchOf } from './batch.ts';
import type { SignatureScheme } from './signature-scheme.ts';

export interface StatementSigner {
  sign(text: string): Auth | Promise<Auth>;
}

export function directSigner({ sign }: Pick<SignatureScheme, 'sign'>): StatementSigner {
  return { sign: (text) => ({ sig: sign(text) }) };
}

export interface BatchSignerInit {
  readonly sign: SignatureScheme['sign'];
  /** 16 bytes that nobody else can guess. */
  readonly salt: () => Buffer;
  /** Called when a batch begins; runs `flush` when it ends. The end of the turn of the event loop by default. */
  readonly schedule?: (flush: () => void) => void;
}

interface Waiting {
  readonly text: string;
  readonly signed: (auth: Auth) => void;
}

export class BatchSigner implements StatementSigner {
  readonly #sign: SignatureScheme['sign'];
  readonly #salt: () => Buffer;
  readonly #schedule: (flush: () => void) => void;
  #waiting: Waiting[] = [];

  constructor({ sign, salt, schedule = setImmediate }: BatchSignerInit) {
    this.#sign = sign;
    this.#salt = salt;
    this.#schedule = schedule;
  }

  sign(text: string): Promise<Auth> {
    return new Promise((signed) => {
      this.#waiting.push({ text, signed });
      if (this.#waiting.length > 1) return;
      this.#schedule(() => {
        this.#flush();
      });
    });
  }

  #flush(): void {
    const all = this.#waiting;
    this.#waiting = [];
    const max = 2 ** LIMITS.batchDepthMax;
    for (let from = 0; from < all.length; from += max) this.#signBatch(all.slice(from, from + max));
  }

  #signBatch(batch: readonly Waiting[]): void {
    const [first, second] = batch;
    if (first !== undefined && second === undefined) {
      first.signed({ sig: this.#sign(first.text) });
      return;
    }
    const { statement, paths } = batchOf(batch.map(({ text }) => ({ text, salt: this.#salt() })));
    const sig = this.#sign(statement);
    for (const [index, { signed }] of batch.entries()) signed({ sig, path: paths[index] ?? '' });
  }
}
