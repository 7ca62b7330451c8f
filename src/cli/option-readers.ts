/** Reads what people type behind options. What is wrong is said together with what is allowed. */
import { InvalidArgumentError } from 'commander';
import { GrapevineError, parseDecimal } from '../index.ts';

/** A port from `min` to 65535. */
export function portReader(min: 0 | 1): (text: string) => number {
  return (text) => wholeNumber(text, min, 65_535);
}

export function countReader(min: number, max: number): (text: string) => number {
  return (text) => wholeNumber(text, min, max);
}

function wholeNumber(text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= min && value <= max) return value;
  throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
}

/** An exact decimal, as typed. */
export function readDecimal(text: string): string {
  try {
    return parseDecimal(text);
  } catch (error) {
    if (error instanceof GrapevineError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
}

export function readAmount(text: string): string {
  const amount = readDecimal(text);
  if (amount === '0') throw new InvalidArgumentError('It must be more than 0.');
  return amount;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time like `90s`, `10m`, `2h` in milliseconds. */
export function readDuration(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const value = Number(digits) * (UNIT_MS[unit] ?? 0);
  if (value > 0) return value;
  throw new InvalidArgumentError('It must be a time like 90s, 10m or 2h.');
}

/** Collects an option that may be given several times. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}
