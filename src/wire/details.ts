/**
 * Details: a text, or a JSON value as text, that travels with an offer or a report and means nothing to the protocol. Signed
 * by its hash. Source: docs/PROTOCOL.md, "Messages".
 */
import { createHash } from 'node:crypto';
import { GrapevineError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Details } from '../protocol/messages.ts';
import { parseJson } from './parse-json.ts';

/** A value of JSON. A string is plain text. */
export type DetailsValue = string | number | boolean | null | readonly unknown[] | Readonly<Record<string, unknown>>;

/** Code units that belong to no character: such a text has no UTF-8. */
const HALF_CHARACTER = /\p{Surrogate}/u;

/**
 * From a message; null where there are none.
 * @throws GrapevineError ERR_DETAILS
 */
export function readDetails(text: unknown, format: unknown): Details | null {
  if (text === undefined || text === null) {
    if (format === undefined || format === null) return null;
    throw new GrapevineError('ERR_DETAILS', 'detailsFormat stands without details');
  }
  if (typeof text !== 'string') throw new GrapevineError('ERR_DETAILS', 'details must be a text');
  if (format !== undefined && format !== null && format !== 'json') {
    throw new GrapevineError('ERR_DETAILS', 'detailsFormat can only be "json"');
  }
  return checked({ format: format === 'json' ? 'json' : 'text', text });
}

/** As fields of a message. */
export function detailsToWire(details: Details | undefined): Readonly<Record<string, string>> {
  if (details === undefined) return {};
  const { format, text } = details;
  return format === 'json' ? { details: text, detailsFormat: 'json' } : { details: text };
}

/**
 * From a program: a string is plain text, everything else is kept as JSON.
 * @throws GrapevineError ERR_DETAILS
 */
export function detailsFromValue(value: DetailsValue): Details {
  if (typeof value === 'string') return checked({ format: 'text', text: value });
  // Undefined for what a program may pass in spite of its type, like a function.
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new GrapevineError('ERR_DETAILS', 'details can not be written as JSON', { cause: error });
  }
  // A program may pass what has no JSON in spite of the type, like a function.
  if (typeof text !== 'string') throw new GrapevineError('ERR_DETAILS', 'details can not be written as JSON');
  return checked({ format: 'json', text });
}

/** For a program: what it gave to {@link detailsFromValue}. */
export function detailsValue({ format, text }: Details): DetailsValue {
  return format === 'json' ? (JSON.parse(text) as DetailsValue) : text;
}

/** What is signed of them: format and SHA-256 of the UTF-8 text, in lower-case hex. */
export function detailsDigest({ format, text }: Details): string {
  return `${format}:${createHash('sha256').update(text, 'utf8').digest('hex')}`;
}

function checked(details: Details): Details {
  const { format, text } = details;
  if (Buffer.byteLength(text) > LIMITS.detailsMaxBytes) {
    throw new GrapevineError('ERR_DETAILS', `details are longer than ${LIMITS.detailsMaxBytes} bytes in UTF-8`);
  }
  if (HALF_CHARACTER.test(text)) throw new GrapevineError('ERR_DETAILS', 'details contain half a character');
  if (format === 'json') assertJson(text);
  return details;
}

/** With the limits of every JSON that comes from a stranger. */
function assertJson(text: string): void {
  try {
    parseJson(text);
  } catch (error) {
    if (!(error instanceof GrapevineError)) throw error;
    throw new GrapevineError('ERR_DETAILS', `details are no JSON that is taken here: ${error.message}`, {
      cause: error,
    });
  }
}
