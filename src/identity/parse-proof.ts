/**
 * Parses the text of a receipt or of a proof of equivocation. It must mean the same to every reader, so duplicate keys in an object and
 * numbers that lose precision are rejected.
 */
import { GrapevineError } from '../protocol/errors.ts';
import { hasRepeatedKey, parseJson } from '../wire/parse-json.ts';
import { invalid } from './proof-parts.ts';

/**
 * @param text at most `receiptMaxBytes` long; the caller checks that
 * @throws GrapevineError ERR_RECEIPT
 */
export function parseProof(text: string): unknown {
  const value = parse(text);
  if (hasRepeatedKey(text, value)) throw invalid('has the same key twice in one object');
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
