/**
 * Files and folders that are their owner's alone (what one deals in is nobody else's business) and that are still there
 * after a power cut.
 */
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** One that exists keeps the rights that its owner gave it. */
export function makeFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  if (first !== undefined) syncFolder(dirname(first));
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
