/** Counts refusals by error code. The set of codes is fixed, so peers can't make the counter grow. */
import type { ErrorCode } from '../protocol/errors.ts';
import type { Answer } from '../protocol/messages.ts';

export class RefusalCounter {
  readonly #counts = new Map<ErrorCode, number>();
  readonly #counted: (code: ErrorCode) => void;

  /** @param counted called for each refusal */
  constructor(counted: (code: ErrorCode) => void = () => undefined) {
    this.#counted = counted;
  }

  get counts(): ReadonlyMap<ErrorCode, number> {
    return this.#counts;
  }

  /** Counts the answer if it is a refusal. @returns the same answer */
  count<Given extends Answer>(answer: Given): Given {
    if (answer.kind === 'refused') {
      this.#counts.set(answer.code, (this.#counts.get(answer.code) ?? 0) + 1);
      this.#counted(answer.code);
    }
    return answer;
  }
}
