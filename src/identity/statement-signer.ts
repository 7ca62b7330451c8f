/** Signs statements: each alone, or all of one turn of the event loop with one signature. */
import type { Signature } from '../protocol/messages.ts';
import { LIMITS } from '../protocol/limits.ts';
import { batchOf } from './batch.ts';
import type { SignatureScheme } from './signature-scheme.ts';

export interface StatementSigner {
  sign(text: string): Signature | Promise<Signature>;
}

export function directSigner({ sign }: Pick<SignatureScheme, 'sign'>): StatementSigner {
  return { sign: (text) => ({ sig: sign(text) }) };
}

export interface BatchSignerInit {
  readonly sign: SignatureScheme['sign'];
  /** Returns 16 random bytes. */
  readonly salt: () => Buffer;
  /** Called when a batch begins; must call `flush` to end it. `setImmediate` by default. */
  readonly schedule?: (flush: () => void) => void;
}

interface Pending {
  readonly text: string;
  readonly resolve: (auth: Signature) => void;
}

export class BatchSigner implements StatementSigner {
  readonly #init: BatchSignerInit;
  #pending: Pending[] = [];

  constructor(init: BatchSignerInit) {
    this.#init = init;
  }

  sign(text: string): Promise<Signature> {
    return new Promise((resolve) => {
      this.#pending.push({ text, resolve });
      const { schedule = setImmediate } = this.#init;
      if (this.#pending.length === 1) schedule(() => this.#flush());
    });
  }

  #flush(): void {
    const all = this.#pending;
    this.#pending = [];
    const max = 2 ** LIMITS.batchDepthMax;
    for (let from = 0; from < all.length; from += max) this.#signBatch(all.slice(from, from + max));
  }

  #signBatch(batch: readonly Pending[]): void {
    const { sign, salt } = this.#init;
    const [first, second] = batch;
    if (first !== undefined && second === undefined) {
      first.resolve({ sig: sign(first.text) });
      return;
    }
    const { statement, paths } = batchOf(batch.map(({ text }) => ({ text, salt: salt() })));
    const sig = sign(statement);
    for (const [index, { resolve }] of batch.entries()) resolve({ sig, path: paths[index] ?? '' });
  }
}
