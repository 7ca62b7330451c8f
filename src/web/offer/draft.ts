/** An offer while it is being typed: what is wrong with each field, and the total, exactly as the desk will see them. */
import type { BodyOf } from '../../control/contract.ts';
import type { ApiFailure } from '../data/api.ts';
import { decimalFromText } from '../../wire/decimal.ts';
import { multiplyDecimals } from '../../wire/decimal-arithmetic.ts';
import { durationFromText } from '../../wire/duration.ts';

export interface Draft {
  readonly type: 'buy' | 'sell' | 'job';
  readonly amount: string;
  readonly pair: string;
  readonly unitPrice: string;
  readonly validFor: string;
  readonly award: 'first' | 'best' | 'manual';
  readonly window: string;
  readonly to: readonly string[];
  /** Plain words, or JSON. */
  readonly details: string;
  readonly reference: string;
  readonly doneWithin: string;
  /** Offered anew when its deal fails; needs a reference. */
  readonly isRenewed: boolean;
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
  details: '',
  reference: '',
  doneWithin: '',
  isRenewed: false,
};

/** Changes one field to what is typed or chosen. */
export type SetField = <Name extends keyof Draft>(name: Name) => (value: Draft[Name]) => void;

type Field = 'amount' | 'unitPrice' | 'validFor' | 'window' | 'details' | 'reference' | 'doneWithin';

export type DraftProblems = Partial<Record<Field, string>>;

/** Where the desk's refusal belongs. */
const FIELD_OF_CODE: Readonly<Record<string, Field>> = {
  ERR_DETAILS: 'details',
  ERR_REFERENCE: 'reference',
  ERR_REFERENCE_USED: 'reference',
};

/** What the desk has refused, at its field; null where it is about no single field. */
export function refusedField({ code, message }: Pick<ApiFailure, 'code' | 'message'>): DraftProblems | null {
  const field = FIELD_OF_CODE[code];
  return field === undefined ? null : { [field]: message };
}

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
export function problemsOf(draft: Draft, isSent: boolean): DraftProblems {
  const { type, award, isRenewed } = draft;
  const problems: DraftProblems = {};
  const look = (field: Field, read: (text: string) => unknown, isNeeded = false): void => {
    const text = draft[field];
    if (text === '' && !(isSent && isNeeded)) return;
    const problem = text === '' ? 'This is needed.' : problemOf(() => read(text));
    if (problem !== null) problems[field] = problem;
  };
  look('amount', decimalFromText, type !== 'job');
  look('unitPrice', decimalFromText);
  look('validFor', durationFromText);
  look('doneWithin', durationFromText);
  look('reference', String, isRenewed);
  if (award === 'best') look('window', durationFromText, true);
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

export function bodyOf(draft: Draft): BodyOf<'announce'> {
  const { type, amount, pair, unitPrice, validFor, award, window, to, details, reference, doneWithin, isRenewed } =
    draft;
  return {
    type,
    award,
    ...(amount !== '' && { amount }),
    ...(pair !== '' && { pair: pair.trim() }),
    ...(unitPrice !== '' && { unitPrice }),
    ...(validFor !== '' && { validForMs: durationFromText(validFor) }),
    ...(award === 'best' && { windowMs: durationFromText(window) }),
    ...(to.length > 0 && { to: [...to] }),
    ...(details !== '' && { details: detailsFromText(details) }),
    ...(reference !== '' && { reference: reference.trim() }),
    ...(doneWithin !== '' && { doneWithinMs: durationFromText(doneWithin) }),
    ...(isRenewed && { ifFailed: 'renew' }),
  };
}

/** An object or a list of JSON is sent as such; all else is plain words. */
export function detailsFromText(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
