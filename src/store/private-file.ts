/** Creates files and folders that only their owner can access and that survive a power cut. */
import { closeSync, fsyncSync, mkdirSync, openSync, statSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { GrapevineError } from '../protocol/errors.ts';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * Creates a folder and its parents. An existing folder keeps its permissions. Does not use `mkdir` with `recursive`, which never ends where
 * the file system refuses new folders with ENOENT, as /proc does.
 * @throws GrapevineError ERR_USAGE when the path cannot be a folder; other errors of the file system as they are
 */
export function makeFolder(folder: string): void {
  const found = statOf(folder);
  if (found?.isDirectory() === true) return;
  if (found !== undefined) throw unusable(folder, 'it is a file');
  const parent = dirname(resolve(folder));
  makeFolder(parent);
  try {
    mkdirSync(folder, { mode: FOLDER_MODE });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENAMETOOLONG') throw unusable(folder, `no folder can be made there (${code})`);
    // Another process created it meanwhile.
    if (code !== 'EEXIST') throw error;
  }
  syncFolder(parent);
}

function statOf(folder: string): Stats | undefined {
  try {
    return statSync(folder, { throwIfNoEntry: false });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'ELOOP')
      throw unusable(folder, `no folder can be there (${code})`);
    throw error;
  }
}

function unusable(folder: string, why: string): GrapevineError {
  return new GrapevineError('ERR_USAGE', `${folder} can't be used: ${why}; name another data folder`);
}

/** Creates an empty file, because SQLite would create one that everybody can read. Throws when the name exists. Sync the folder afterwards. */
export function createFile(file: string): void {
  closeSync(openSync(file, 'wx', FILE_MODE));
}

/** A new name in a folder survives a power cut only after this. */
export function syncFolder(folder: string): void {
  // Windows cannot sync a folder.
  if (process.platform !== 'win32') syncFile(folder);
}

export function syncFile(file: string): void {
  const handle = openSync(file, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
