/**
 * Reads the text of a receipt, or of a proof of equivocation. People and programs read such files as well, so it is taken only if it
 * says one thing to all of them: no name twice in one object, and no number that a program would silently change.
 */
import { GrapevineError } from '../protocol/errors.ts';
import { parseJson } from '../wire/parse-json.ts';
import { wrong } from './proof-parts.ts';

/** A whole string, or a colon. A colon outside of strings stands in each member of an object, and nowhere else. */
const STRING_OR_COLON = /"[^"\\]*(?:\\.[^"\\]*)*"|:/g;

/**
 * @param text at most `receiptMaxBytes` long; the caller bounds it
 * @returns what `verifyProof` takes
 * @throws GrapevineError ERR_RECEIPT
 */
export function parseProof(text: string): unknown {
  const value = parsed(text);
  const written = (text.match(STRING_OR_COLON) ?? []).filter((token) => token === ':').length;
  if (membersOf(value) !== written) throw wrong('says the same name twice in one object');
  return value;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof GrapevineError)) throw error;
    throw wrong(error.code === 'ERR_BODY_NOT_JSON' ? 'is no JSON' : `can't be read: ${error.message}`);
  }
}

/** `parseJson` bounds the depth. */
function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inside = Object.values(value).reduce<number>((sum, each) => sum + membersOf(each), 0);
  return inside + (Array.isArray(value) ? 0 : Object.keys(value).length);
}
