/** The files in a data folder by which a client finds the control server. */
import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const SOCKET_FILE = 'control.sock';
/** For data folders whose path is too long for a socket: a file with the path of the socket. */
export const SOCKET_POINTER_FILE = 'control.sock.path';
export const TOKEN_FILE = 'control.token';
/** What the page needs to reconnect after a restart of the desk. */
export const PAGE_FILE = 'page.json';
/** The length of `sockaddr_un` on all systems: 104 bytes on macOS and the BSDs, 108 on Linux, including the final zero byte. */
const SOCKET_PATH_MAX_BYTES = 103;

/** Null if the path would be too long. The same for every name of a folder: a relative one and a link could be short. */
export function socketPathIn(dataDir: string): string | null {
  const socketPath = join(realPathOf(dataDir), SOCKET_FILE);
  return isShortEnough(socketPath) ? socketPath : null;
}

export function isShortEnough(socketPath: string): boolean {
  return Buffer.byteLength(socketPath) <= SOCKET_PATH_MAX_BYTES;
}

function realPathOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return resolve(folder);
  }
}
