/**
 * Details: text, or a JSON value as text, in an offer or a report. The protocol does not interpret it. Its hash is
 * signed. Source: docs/PROTOCOL.md, "Messages".
 */
import { createHash } from 'node:crypto';
import { GrapevineError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Details } from '../protocol/messages.ts';
import { parseJson } from './parse-json.ts';

/** A JSON value. A string is plain text. */
export type DetailsValue = string | number | boolean | null | readonly unknown[] | Readonly<Record<string, unknown>>;

/** Lone surrogates, which UTF-8 can't encode. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Reads the details of a message; null if there are none.
 * @throws GrapevineError ERR_DETAILS
 */
export function readDetails(text: unknown, format: unknown): Details | null {
  if (text === undefined || text === null) {
    if (format === undefined || format === null) return null;
    throw new GrapevineError('ERR_DETAILS', 'detailsFormat is given without details');
  }
  if (typeof text !== 'string') throw new GrapevineError('ERR_DETAILS', 'details must be a text');
  if (format !== undefined && format !== null && format !== 'json') {
    throw new GrapevineError('ERR_DETAILS', 'detailsFormat can only be "json"');
  }
  return checked({ format: format === 'json' ? 'json' : 'text', text });
}

/** The fields of a message. */
export function detailsToWire(details: Details | undefined): Readonly<Record<string, string>> {
  if (details === undefined) return {};
  const { format, text } = details;
  return format === 'json' ? { details: text, detailsFormat: 'json' } : { details: text };
}

/**
 * Converts a program's value: a string is plain text, any other value becomes JSON.
 * @throws GrapevineError ERR_DETAILS
 */
export function detailsFromValue(value: DetailsValue): Details {
  if (typeof value === 'string') return checked({ format: 'text', text: value });
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new GrapevineError('ERR_DETAILS', 'details can not be written as JSON', { cause: error });
  }
  // Undefined for a value that JSON can't represent, such as a function passed despite the type.
  if (typeof text !== 'string') throw new GrapevineError('ERR_DETAILS', 'details can not be written as JSON');
  return checked({ format: 'json', text });
}

/** The value that was given to {@link detailsFromValue}. */
export function detailsValue({ format, text }: Details): DetailsValue {
  return format === 'json' ? (JSON.parse(text) as DetailsValue) : text;
}

/** The signed form: the format, and SHA-256 of the UTF-8 text in lower-case hex. */
export function detailsDigest({ format, text }: Details): string {
  return `${format}:${createHash('sha256').update(text, 'utf8').digest('hex')}`;
}

function checked(details: Details): Details {
  const { format, text } = details;
  if (Buffer.byteLength(text) > LIMITS.detailsMaxBytes) {
    throw new GrapevineError('ERR_DETAILS', `details are longer than ${LIMITS.detailsMaxBytes} bytes in UTF-8`);
  }
  if (LONE_SURROGATE.test(text)) throw new GrapevineError('ERR_DETAILS', 'details contain half a character');
  if (format === 'json') assertJson(text);
  return details;
}

/** Applies the same limits as to any received JSON. */
function assertJson(text: string): void {
  try {
    parseJson(text);
  } catch (error) {
    if (!(error instanceof GrapevineError)) throw error;
    throw new GrapevineError('ERR_DETAILS', `details are not acceptable JSON: ${error.message}`, {
      cause: error,
    });
  }
}
