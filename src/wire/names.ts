/** Parses ids and pairs that people type. An error says what is allowed. */
import { GrapevineError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import { isDeskId } from './desk-id.ts';
import { pairSchema } from './fields.ts';

/**
 * The id of a client of the original. No prefix of an id is accepted: an entry of a list that matches no desk would go
 * unnoticed.
 */
const ORIGINAL_ID = /^[0-9a-f]{16}$/;

/** @throws GrapevineError ERR_USAGE */
export function deskIdFromText(text: string): PeerId {
  if (isDeskId(text) || ORIGINAL_ID.test(text)) return text as PeerId;
  const allowed = 'allowed are 64 lower-case hex digits, the whole id (16 for a client of the original)';
  throw new GrapevineError('ERR_USAGE', `"${text.slice(0, LIMITS.idMaxLength + 1)}" is not a desk's id; ${allowed}`);
}

/** @throws GrapevineError ERR_USAGE */
export function pairFromText(text: string): string {
  if (pairSchema.safeParse(text).success) return text;
  const allowed = `letters, digits and . _ : / -, ${LIMITS.pairMaxLength} characters at most, like BTC/USD`;
  throw new GrapevineError(
    'ERR_USAGE',
    `"${text.slice(0, LIMITS.pairMaxLength + 1)}" is not a valid pair; allowed are ${allowed}`,
  );
}
