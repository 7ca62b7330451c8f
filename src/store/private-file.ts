/**
 * Files and folders that are their owner's alone (what one deals in is nobody else's business) and that are still there
 * after a power cut.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, statSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { GrapevineError } from '../protocol/errors.ts';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * One that exists keeps the rights that its owner gave it. Not by `mkdir` with `recursive`: where a file system refuses new
 * folders with ENOENT, as /proc does, node tries for ever.
 * @throws GrapevineError ERR_USAGE where no folder can be; what the file system says otherwise
 */
export function makeFolder(folder: string): void {
  const found = statOf(folder);
  if (found?.isDirectory() === true) return;
  if (found !== undefined) throw impossible(folder, 'it is a file');
  const parent = dirname(resolve(folder));
  makeFolder(parent);
  try {
    mkdirSync(folder, { mode: FOLDER_MODE });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENAMETOOLONG') throw impossible(folder, `no folder can be made there (${code})`);
    // Somebody else has made it meanwhile.
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
      throw impossible(folder, `no folder can be there (${code})`);
    throw error;
  }
}

function impossible(folder: string, why: string): GrapevineError {
  return new GrapevineError('ERR_USAGE', `${folder} can't be used: ${why}; name another data folder`);
}

/**
 * An empty one; fails when the name is taken, without touching what has it. SQLite would let everybody read its files. Its
 * name outlives a power cut when the folder is synced.
 */
export function createFile(file: string): void {
  closeSync(openSync(file, 'wx', FILE_MODE));
}

/** A new name in a folder outlives a power cut only when the folder was synced as well. */
export function syncFolder(folder: string): void {
  // Windows has no such thing and refuses.
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
