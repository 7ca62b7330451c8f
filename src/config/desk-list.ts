/** Lists of desks to deal with, and of desks not to deal with. */
import { GrapevineError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { CONFIG_LIMITS } from './limits.ts';
import { deskIdFromText } from '../wire/names.ts';

/** A desk deals with the allowed desks (undefined: all) that are not denied. */
export interface AccessLists {
  readonly allow: readonly PeerId[] | undefined;
  readonly deny: readonly PeerId[];
}

/**
 * The ids in a file: one per line; `#` starts a comment.
 * @param path the name of the file for errors
 * @throws GrapevineError ERR_CONFIG
 */
export function deskListFromText(path: string, text: string): readonly PeerId[] {
  const ids: PeerId[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const word = line.replace(/#.*/, '').trim();
    if (word === '') continue;
    if (ids.length >= CONFIG_LIMITS.deskListMax)
      throw listError(path, index, `more than ${CONFIG_LIMITS.deskListMax} desks`);
    ids.push(idAt(path, index, word));
  }
  return ids;
}

function idAt(path: string, index: number, word: string): PeerId {
  try {
    return deskIdFromText(word);
  } catch (error) {
    if (!(error instanceof GrapevineError)) throw error;
    throw listError(path, index, error.message);
  }
}

function listError(path: string, index: number, text: string): GrapevineError {
  return new GrapevineError('ERR_CONFIG', `${path}:${index + 1}: ${text}`);
}
