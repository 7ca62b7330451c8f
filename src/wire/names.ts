/** Names as people type them, with errors that say what is allowed. */
import { GrapevineError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import { pairSchema } from './schema.ts';

/** A desk's key, or what a client of the original draws. Nothing shorter: a list must not silently name nobody. */
const DESK_ID = /^(?:[0-9a-f]{64}|[0-9a-f]{16})$/;

/** @throws GrapevineError ERR_USAGE */
export function deskIdFromText(text: string): PeerId {
  if (DESK_ID.test(text)) return text as PeerId;
  const allowed = 'allowed are 64 lower-case hex digits, the whole id (16 for a client of the original)';
  throw new GrapevineError('ERR_USAGE', `"${text.slice(0, LIMITS.idMaxLength + 1)}" is no desk's id; ${allowed}`);
}

/** @throws GrapevineError ERR_USAGE */
export function pairFromText(text: string): string {
  if (pairSchema.safeParse(text).success) return text;
  const allowed = `letters, digits and . _ : / -, ${LIMITS.pairMaxLength} characters at most, like BTC/USD`;
  throw new GrapevineError(
    'ERR_USAGE',
    `"${text.slice(0, LIMITS.pairMaxLength + 1)}" is no pair; allowed are ${allowed}`,
  );
}
