/** The input of the offer form: checks of its fields, the exact total, and the request for the desk. */
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
  /** Text, or JSON. */
  readonly details: string;
  readonly reference: string;
  readonly doneWithin: string;
  /** Renewed if its deal fails; needs a reference. */
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

/** A function that sets this field. */
export type SetField = <Name extends keyof Draft>(name: Name) => (value: Draft[Name]) => void;

type Field = 'amount' | 'unitPrice' | 'validFor' | 'window' | 'details' | 'reference' | 'doneWithin';

export type DraftProblems = Partial<Record<Field, string>>;

/** What a part of the form shows and sets. */
export interface FieldsProps {
  readonly draft: Draft;
  readonly problems: DraftProblems;
  readonly set: SetField;
}

/** The field that an error of the desk is about. */
const FIELD_OF_CODE: Readonly<Record<string, Field>> = {
  ERR_DETAILS: 'details',
  ERR_REFERENCE: 'reference',
  ERR_REFERENCE_USED: 'reference',
};

/** The desk's error at its field; null if it is not about a single field. */
export function refusedField({ code, message }: Pick<ApiFailure, 'code' | 'message'>): DraftProblems | null {
  const field = FIELD_OF_CODE[code];
  return field === undefined ? null : { [field]: message };
}

/** The error that `read` throws, as a sentence; null if it does not throw. */
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

/** Errors of the fields. Before the form is sent, empty fields are no errors. */
export function problemsOf(draft: Draft, isSent: boolean): DraftProblems {
  const { type, award, isRenewed } = draft;
  const problems: DraftProblems = {};
  const check = (field: Field, read: (text: string) => unknown, isNeeded = false): void => {
    const text = draft[field];
    if (text === '' && !(isSent && isNeeded)) return;
    const problem = text === '' ? 'Required.' : problemOf(() => read(text));
    if (problem !== null) problems[field] = problem;
  };
  check('amount', decimalFromText, type !== 'job');
  check('unitPrice', decimalFromText);
  check('validFor', durationFromText);
  check('doneWithin', durationFromText);
  check('reference', String, isRenewed);
  if (award === 'best') check('window', durationFromText, true);
  return problems;
}

/** Null if amount or price is missing or invalid. */
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

/** JSON objects and arrays are sent as JSON; everything else is text. */
export function detailsFromText(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
