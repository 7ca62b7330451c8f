/** Reads what people type behind options. What is wrong is said together with what is allowed. */
import { InvalidArgumentError } from 'commander';
import { GrapevineError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import { decimalFromText as parseDecimal } from '../wire/decimal.ts';
import { durationFromText as parseDuration } from '../wire/duration.ts';
import { pairFromText as parsePair } from '../wire/names.ts';

/** A port from `min` to 65535. */
export function portReader(min: 0 | 1): (text: string) => number {
  return (text) => wholeNumber(text, min, 65_535);
}

/** How many deals there were. */
export const readDealCount = (text: string): number => wholeNumber(text, 0, 999_999_999);

export function countReader(min: number, max: number): (text: string) => number {
  return (text) => wholeNumber(text, min, max);
}

function wholeNumber(text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= min && value <= max) return value;
  throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
}

/** An exact decimal, as typed: a unit price, say. */
export function readDecimal(text: string): string {
  return said(() => parseDecimal(text));
}

/** An amount, as typed: an exact decimal that is more than 0. */
export function readAmount(text: string): string {
  const amount = readDecimal(text);
  if (amount === '0') throw new InvalidArgumentError('It must be more than 0.');
  return amount;
}

/** The name of a pair, like `BTC/USD`. */
export function readPair(text: string): string {
  return said(() => parsePair(text));
}

/** A time like `90s`, `10m`, `2h` in milliseconds. */
export function readDuration(text: string): number {
  return said(() => parseDuration(text));
}

/** What a reader of ours finds wrong, in commander's form. */
function said<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof GrapevineError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
}

/** Collects an option that may be given several times. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** An id in full, or the beginning of one. */
export function readId(text: string): string {
  const { idPrefixMinLength: min, idMaxLength: max } = LIMITS;
  if (new RegExp(`^[A-Za-z0-9_-]{${min},${max}}$`).test(text)) return text;
  throw new InvalidArgumentError(`It must be an id, or its first ${min} or more characters.`);
}

/** A time ago like `24h`, or a date like `2026-11-24` or `2026-11-24T16:45`: milliseconds since 1970. */
export function readSince(text: string, now: number = Date.now()): number {
  if (/^\d+(ms|s|m|h|d)$/.test(text)) return Math.max(0, now - readDuration(text));
  const at = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (at >= 0) return at;
  throw new InvalidArgumentError('It must be a time ago like 24h, or a date like 2026-11-24 or 2026-11-24T16:45Z.');
}
