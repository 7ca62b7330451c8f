/**
 * Locks a data folder for one process: two desks on one journal could award an offer twice. Node has no `flock`, so the lock is a second
 * SQLite file in an exclusive transaction. SQLite locks it with `fcntl`, and the kernel releases that when the process ends, even by a kill.
 *
 * Never open the lock file in another way in the same process: closing any handle to it releases the lock.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GrapevineError } from '../protocol/errors.ts';
import { isBusy, journalFailure } from './journal-failure.ts';
import { createFile } from './private-file.ts';
import { Connection } from './sqlite-connection.ts';

const LOCK_FILE = 'journal.lock';

export interface FolderLock {
  readonly file: string;
  /** Safe to call twice. */
  release(): void;
}

/** @throws GrapevineError ERR_JOURNAL_LOCKED when another desk has the lock */
export function lockFolder(folder: string): FolderLock {
  const file = join(folder, LOCK_FILE);
  try {
    makeLockFile(file);
    return hold(file, new Connection(file, { busyTimeoutMs: 0 }));
  } catch (error) {
    if (!isBusy(error)) throw journalFailure(error, file);
    throw new GrapevineError(
      'ERR_JOURNAL_LOCKED',
      `the data folder ${folder} is in use by another desk; stop that desk, or use another data folder for this one`,
      { cause: error },
    );
  }
}

/** Two processes that start at the same moment may both find the file missing. */
function makeLockFile(file: string): void {
  try {
    if (!existsSync(file)) createFile(file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  }
}

function hold(file: string, connection: Connection): FolderLock {
  try {
    connection.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    connection.close();
    throw error;
  }
  let held = true;
  return {
    file,
    release: () => {
      if (!held) return;
      held = false;
      connection.rollBack();
      connection.close();
    },
  };
}
