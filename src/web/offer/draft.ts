/** An offer while it is being typed: what is wrong with each field, and the total, exactly as the desk will see them. */
import type { BodyOf } from '../../control/contract.ts';
import { decimalFromText } from '../../wire/decimal.ts';
import { multiplyDecimals } from '../../wire/decimal-arithmetic.ts';
import { durationFromText } from '../../wire/duration.ts';

export interface Draft {
  readonly type: 'buy' | 'sell';
  readonly amount: string;
  readonly pair: string;
  readonly unitPrice: string;
  readonly validFor: string;
  readonly award: 'first' | 'best' | 'manual';
  readonly window: string;
  readonly to: readonly string[];
}

export const NEW_DRAFT: Draft = {
  type: 'sell',
  amount: '',
  pair: '',
  unitPrice: '',
  validFor: '10m',
  award: 'first',
  window: '30s',
  to: [],
};

export type DraftProblems = Partial<Record<'amount' | 'unitPrice' | 'validFor' | 'window', string>>;

/** What it throws, in words; null when it does not. */
export function problemOf(read: () => unknown): string | null {
  try {
    read();
    return null;
  } catch (error) {
    return error instanceof Error
      ? `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`
      : String(error);
  }
}

/** Of what has been typed; an empty field is no mistake before it is sent. */
export function problemsOf({ amount, unitPrice, validFor, award, window }: Draft, isSent: boolean): DraftProblems {
  const problems: DraftProblems = {};
  const look = (field: keyof DraftProblems, text: string, read: (text: string) => unknown, isNeeded: boolean): void => {
    if (text === '' && !(isSent && isNeeded)) return;
    const problem = text === '' ? 'This is needed.' : problemOf(() => read(text));
    if (problem !== null) problems[field] = problem;
  };
  look('amount', amount, decimalFromText, true);
  look('unitPrice', unitPrice, decimalFromText, false);
  look('validFor', validFor, durationFromText, false);
  if (award === 'best') look('window', window, durationFromText, true);
  return problems;
}

/** Null as long as there is none. */
export function totalOf({ amount, unitPrice }: Draft): string | null {
  try {
    return multiplyDecimals(decimalFromText(amount), decimalFromText(unitPrice));
  } catch {
    return null;
  }
}

export function bodyOf({ type, amount, pair, unitPrice, validFor, award, window, to }: Draft): BodyOf<'announce'> {
  return {
    type,
    amount,
    award,
    ...(pair !== '' && { pair: pair.trim() }),
    ...(unitPrice !== '' && { unitPrice }),
    ...(validFor !== '' && { validForMs: durationFromText(validFor) }),
    ...(award === 'best' && { windowMs: durationFromText(window) }),
    ...(to.length > 0 && { to: [...to] }),
  };
}
