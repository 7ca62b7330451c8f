/** Where the desk of a data folder would listen. Whether it runs is found out by connecting. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GrapevineError } from '../../protocol/errors.ts';
import { SOCKET_POINTER_FILE, socketPathIn } from '../file-names.ts';

/** @throws GrapevineError ERR_DESK_NOT_RUNNING when the folder's path is too long and no desk has written where it listens */
export function locateDesk(dataDir: string): { readonly socketPath: string } {
  const socketPath = socketPathIn(dataDir);
  if (socketPath !== null) return { socketPath };
  try {
    return { socketPath: readFileSync(join(dataDir, SOCKET_POINTER_FILE), 'utf8').trim() };
  } catch (error) {
    throw new GrapevineError('ERR_DESK_NOT_RUNNING', notRunning(`the folder ${dataDir}`), { cause: error });
  }
}

export function notRunning(where: string): string {
  return `no desk is running at ${where}`;
}
