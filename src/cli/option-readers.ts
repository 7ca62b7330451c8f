/** Reads the values of options; an error says what is allowed. And the option `--maker` of many commands. */
import { InvalidArgumentError, Option } from 'commander';
import { GrapevineError } from '../protocol/errors.ts';
import { CONTROL_LIMITS } from '../control/limits.ts';
import { LIMITS } from '../protocol/limits.ts';
import { decimalFromText } from '../wire/decimal.ts';
import { durationFromText } from '../wire/duration.ts';
import { pairFromText } from '../wire/names.ts';

export function portReader(min: 0 | 1): (text: string) => number {
  return countReader(min, 65_535);
}

export function countReader(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

export function readDecimal(text: string): string {
  return withArgumentError(() => decimalFromText(text));
}

/** An amount: an exact decimal of more than 0. */
export function readAmount(text: string): string {
  const amount = readDecimal(text);
  if (amount === '0') throw new InvalidArgumentError('It must be more than 0.');
  return amount;
}

export function readPair(text: string): string {
  return withArgumentError(() => pairFromText(text));
}

/** A duration like `90s`, `10m`, `2h` in milliseconds. */
export function readDuration(text: string): number {
  return withArgumentError(() => durationFromText(text));
}

export function readValidity(text: string): number {
  const validForMs = readDuration(text);
  if (validForMs <= LIMITS.validityMaxMs) return validForMs;
  throw new InvalidArgumentError(`It must be ${LIMITS.validityMaxMs / DAY_MS} days at most.`);
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Converts our error into one of commander. */
export function withArgumentError<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof GrapevineError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
}

export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** A full id or a prefix of one. */
export function readId(text: string): string {
  if (new RegExp(`^[A-Za-z0-9_-]{1,${LIMITS.idMaxLength}}$`).test(text)) return text;
  throw new InvalidArgumentError(
    `It must be an id, or its first ${CONTROL_LIMITS.idPrefixMinLength} or more characters.`,
  );
}

/** Whether this text, as read by `readId`, means this id. An id can be shorter than a prefix may be; it is then named in full. */
export function isNamedBy(id: string, text: string): boolean {
  return text.length < CONTROL_LIMITS.idPrefixMinLength ? id === text : id.startsWith(text);
}

export interface MakerOption {
  readonly maker?: string;
}

export function makerOption(): Option {
  return new Option('--maker <desk>', 'maker of the offer, if two makers use the same id').argParser(readId);
}

/**
 * An age like `24h`, or a date like `2026-11-24` or `2026-11-24T16:45`, in milliseconds since 1970. Dates are local time, like those
 * that are shown, unless they end with an offset (`Z`, `+01:00`). A date without a time is the start of that day.
 */
export function readTime(text: string, now: number = Date.now()): number {
  if (/^\d+(ms|s|m|h|d)$/.test(text)) return Math.max(0, now - readDuration(text));
  const [, date = '', time, offset] = DATE.exec(text) ?? [];
  const at =
    date === '' ? Number.NaN : offset === undefined ? localTime(date, time) : offsetTime(date, time ?? '', offset);
  if (at >= 0) return at;
  throw new InvalidArgumentError(
    date === ''
      ? 'It must be a time ago like 24h, or a date like 2026-11-24 or 2026-11-24T16:45, on the clock of this machine.'
      : 'There is no such time.',
  );
}

const DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

/** NaN for a date that does not exist, and for a time that a clock change skipped. */
function localTime(date: string, time: string | undefined): number {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const [hour = 0, minute = 0, second = 0] = (time ?? '00:00').split(':').map(Number);
  const at = new Date(year, month - 1, day, hour, minute, 0, Math.round(second * 1000));
  const isDay = at.getFullYear() === year && at.getMonth() === month - 1 && at.getDate() === day;
  // If a clock change skips midnight, the day begins later.
  const isTime = time === undefined || (at.getHours() === hour && at.getMinutes() === minute && second < 60);
  return isDay && isTime ? at.getTime() : Number.NaN;
}

function offsetTime(date: string, time: string, offset: string): number {
  const day = new Date(`${date}T00:00Z`);
  const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date);
  return isDay ? Date.parse(`${date}T${time}${offset}`) : Number.NaN;
}
