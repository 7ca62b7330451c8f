/**
 * Parses the text of a receipt or of a proof of equivocation. It must mean the same to every reader, so duplicate keys in an object and
 * numbers that lose precision are rejected.
 */
import { GrapevineError } from '../protocol/errors.ts';
import { parseJson } from '../wire/parse-json.ts';
import { invalid } from './proof-parts.ts';

/** A string or a colon. Outside of strings, each colon is one member of an object. */
const STRING_OR_COLON = /"[^"\\]*(?:\\.[^"\\]*)*"|:/g;

/**
 * @param text at most `receiptMaxBytes` long; the caller checks that
 * @throws GrapevineError ERR_RECEIPT
 */
export function parseProof(text: string): unknown {
  const value = parse(text);
  const colons = (text.match(STRING_OR_COLON) ?? []).filter((token) => token === ':').length;
  if (countMembers(value) !== colons) throw invalid('has the same key twice in one object');
  return value;
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof GrapevineError)) throw error;
    throw invalid(error.code === 'ERR_BODY_NOT_JSON' ? 'is not JSON' : `can't be read: ${error.message}`);
  }
}

/** Recursive: `parseJson` limits the depth. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inside = Object.values(value).reduce<number>((sum, each) => sum + countMembers(each), 0);
  return inside + (Array.isArray(value) ? 0 : Object.keys(value).length);
}
