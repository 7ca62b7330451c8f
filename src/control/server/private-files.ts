/**
 * The files for clients of a control server: its socket and its token, in the data folder, for the owner only. They appear complete,
 * and are removed with the server.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { GrapevineError } from '../../protocol/errors.ts';
import { isShortEnough, SOCKET_FILE, SOCKET_POINTER_FILE, socketPathIn, TOKEN_FILE } from '../file-names.ts';

const FILE_MODE = 0o600;
const TOKEN_BYTES = 32;
const SHORT_FOLDER = 'grapevine-control-';

export interface Token {
  readonly token: string;
  readonly file: string;
  remove(): void;
}

/** A new token at each start: an old one is useless. Clients read the file. */
export function writeToken(dataDir: string): Token {
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  const file = join(dataDir, TOKEN_FILE);
  replaceFile(file, `${token}\n`);
  return { token, file, remove: () => rmSync(file, { force: true }) };
}

export interface ControlSocket {
  readonly socketPath: string;
  remove(): void;
}

/**
 * Makes `listen` listen on a socket that appears under its name only when it works and belongs to the owner alone. Replaces the
 * socket of a dead process.
 * @throws GrapevineError ERR_LISTEN when a live process answers there, when another file has the name, or when no path is short
 * enough
 */
export async function openSocket(dataDir: string, listen: (path: string) => Promise<void>): Promise<ControlSocket> {
  const socketPath = socketPathIn(dataDir);
  if (socketPath === null) return openInTemporaryFolder(dataDir, listen);
  await assertFree(socketPath);
  await listenPrivately(socketPath, listen);
  return { socketPath, remove: () => rmSync(socketPath, { force: true }) };
}

/** In a new temporary folder, with a file in the data folder that contains its path. */
async function openInTemporaryFolder(dataDir: string, listen: (path: string) => Promise<void>): Promise<ControlSocket> {
  const pointer = join(dataDir, SOCKET_POINTER_FILE);
  await removeStaleSocket(pointer);
  const folder = mkdtempSync(join(tmpdir(), SHORT_FOLDER));
  const socketPath = join(folder, SOCKET_FILE);
  const remove = (): void => {
    rmSync(pointer, { force: true });
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    if (!isShortEnough(socketPath))
      throw new GrapevineError('ERR_LISTEN', `no path for a socket is short enough: ${socketPath}`);
    await listenPrivately(socketPath, listen);
    replaceFile(pointer, `${socketPath}\n`);
    return { socketPath, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** In a folder for the owner only, until the socket has its permissions: others can connect at no time. */
async function listenPrivately(socketPath: string, listen: (path: string) => Promise<void>): Promise<void> {
  // No longer than its final name.
  const aside = mkdtempSync(join(dirname(socketPath), '.c-'));
  try {
    const path = join(aside, 's');
    await listen(path);
    chmodSync(path, FILE_MODE);
    renameSync(path, socketPath);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

async function assertFree(socketPath: string): Promise<void> {
  const found = lstatSync(socketPath, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new GrapevineError('ERR_LISTEN', `${socketPath} is not a socket, and is left as it is`);
  if (await isAlive(socketPath)) throw new GrapevineError('ERR_LISTEN', `a running desk answers at ${socketPath}`);
}

async function removeStaleSocket(pointer: string): Promise<void> {
  if (lstatSync(pointer, { throwIfNoEntry: false }) === undefined) return;
  const socketPath = readFileSync(pointer, 'utf8').trim();
  await assertFree(socketPath);
  // The content of the file is used only if it looks like one of our paths.
  const folder = dirname(socketPath);
  if (dirname(folder) === tmpdir() && basename(folder).startsWith(SHORT_FOLDER))
    rmSync(folder, { recursive: true, force: true });
}

/** A process that accepts a connection is alive, whatever it answers. */
function isAlive(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const done = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.once('connect', () => done(true));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // A full queue of connections has a live owner too.
      done(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

/** Completely or not at all, for the owner only. */
export function replaceFile(file: string, text: string): void {
  const part = `${file}.part-${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(part, text, { mode: FILE_MODE, flag: 'wx' });
    renameSync(part, file);
  } finally {
    rmSync(part, { force: true });
  }
}
