/**
 * JSON.parse for received text, with two more checks. The nesting depth is limited before the text is parsed. A number
 * that JSON.parse would silently change (`9007199254740993`, `1e400`) is rejected, because a peer may have signed the
 * number as written.
 */
import { GrapevineError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** A double holds every decimal of up to this many digits, so most numbers need no further check. */
const ALWAYS_EXACT_LENGTH = 15;

const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const UPPER_E = 0x45;
const BRACKET_OPEN = 0x5b;
const BACKSLASH = 0x5c;
const BRACKET_CLOSE = 0x5d;
const LOWER_E = 0x65;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/**
 * @param text the caller limits its length
 * @throws GrapevineError ERR_BODY_TOO_DEEP, ERR_BODY_NOT_JSON, ERR_NUMBER_INEXACT
 */
export function parseJson(text: string): unknown {
  const inexact = scan(text, LIMITS.jsonMaxDepth);
  const value = parse(text);
  refuseInexact(inexact);
  return value;
}

/**
 * For JSON of our own operator, of any depth: it means the same to every reader.
 * @param text valid JSON
 * @param value as parsed
 * @throws GrapevineError ERR_NUMBER_INEXACT; ERR_BODY_NOT_JSON for an object with the same key twice
 */
export function assertUnambiguous(text: string, value: unknown): void {
  refuseInexact(scan(text, Infinity));
  if (hasRepeatedKey(text, value)) throw new GrapevineError('ERR_BODY_NOT_JSON', 'an object has the same key twice');
}

/** A string or a colon. Outside of strings, each colon is one member of an object. */
const STRING_OR_COLON = /"[^"\\]*(?:\\.[^"\\]*)*"|:/g;

/** Of a repeated key, the parsed value has only the last member. */
export function hasRepeatedKey(text: string, value: unknown): boolean {
  const colons = (text.match(STRING_OR_COLON) ?? []).filter((token) => token === ':').length;
  return countMembers(value) !== colons;
}

/** Without recursion: the value may be nested deeply. */
function countMembers(value: unknown): number {
  let count = 0;
  const rest = [value];
  for (let item = rest.pop(); item !== undefined; item = rest.pop()) {
    if (typeof item !== 'object' || item === null) continue;
    const inside = Object.values(item) as unknown[];
    if (!Array.isArray(item)) count += inside.length;
    for (const each of inside) rest.push(each);
  }
  return count;
}

function refuseInexact(literal: string | null): void {
  if (literal === null) return;
  const text = `${literal.slice(0, 40)} does not survive as a number; send a string`;
  throw new GrapevineError('ERR_NUMBER_INEXACT', text);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's own message quotes the body, which is not ours.
    throw new GrapevineError('ERR_BODY_NOT_JSON', 'the body is not JSON');
  }
}

/** Checks the depth, and returns the first number that a double can't hold, in one pass. Invalid JSON may pass. */
function scan(text: string, maxDepth: number): string | null {
  let inexact: string | null = null;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === BRACE_OPEN || code === BRACKET_OPEN) {
      if (++depth > maxDepth) {
        throw new GrapevineError('ERR_BODY_TOO_DEEP', `the body is nested deeper than ${maxDepth} levels`);
      }
    } else if (code === BRACE_CLOSE || code === BRACKET_CLOSE) {
      depth--;
    } else if (code === MINUS || (code >= DIGIT_0 && code <= DIGIT_9)) {
      const end = endOfInteger(text, at);
      if (end - at <= ALWAYS_EXACT_LENGTH && !isOfFraction(text.charCodeAt(end))) {
        at = end - 1;
        continue;
      }
      const literal = numberAt(text, at);
      if (literal === '') continue;
      if (!survivesAsDouble(literal)) inexact ??= literal;
      at += literal.length - 1;
    }
  }
  return inexact;
}

/** Without a regular expression, because nearly all numbers are short integers. */
function endOfInteger(text: string, start: number): number {
  let end = start + 1;
  for (let code = text.charCodeAt(end); code >= DIGIT_0 && code <= DIGIT_9; code = text.charCodeAt(end)) end++;
  return end;
}

function isOfFraction(code: number): boolean {
  return code === POINT || code === LOWER_E || code === UPPER_E;
}

function endOfString(text: string, start: number): number {
  let end = start;
  do {
    end = text.indexOf('"', end + 1);
  } while (end !== -1 && isEscaped(text, end));
  return end === -1 ? text.length : end;
}

/** A quote is escaped if an odd number of backslashes precedes it. */
function isEscaped(text: string, quoteAt: number): boolean {
  let at = quoteAt - 1;
  while (text.charCodeAt(at) === BACKSLASH) at--;
  return (quoteAt - at) % 2 === 0;
}

function numberAt(text: string, at: number): string {
  NUMBER.lastIndex = at;
  return NUMBER.exec(text)?.[0] ?? '';
}

function survivesAsDouble(literal: string): boolean {
  if (literal.length <= ALWAYS_EXACT_LENGTH && !/[eE]/.test(literal)) return true;
  const value = Number(literal);
  if (!Number.isFinite(value)) return false;
  return sameDecimal(decimalOf(literal), decimalOf(String(value)));
}

/** The value is `digits` × 10^`exponent`; no zeros at either end of the digits, and zero has none at all. */
interface DecimalParts {
  readonly isNegative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

function sameDecimal(one: DecimalParts, other: DecimalParts): boolean {
  if (one.digits === '' && other.digits === '') return true;
  return one.isNegative === other.isNegative && one.digits === other.digits && one.exponent === other.exponent;
}

function decimalOf(literal: string): DecimalParts {
  const isNegative = literal.startsWith('-');
  const [mantissa = '', exponent = '0'] = literal.slice(isNegative ? 1 : 0).split(/[eE]/);
  const [whole = '', fraction = ''] = mantissa.split('.');
  const all = whole + fraction;
  // Loops, because /0+$/ takes quadratic time on long runs of zeros.
  let first = 0;
  while (all.charCodeAt(first) === DIGIT_0) first++;
  let last = all.length;
  while (last > first && all.charCodeAt(last - 1) === DIGIT_0) last--;
  return {
    isNegative,
    digits: all.slice(first, last),
    exponent: Number(exponent) - fraction.length + (all.length - last),
  };
}
