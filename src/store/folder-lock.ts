/**
 * One process per data folder: two desks on one journal would each believe that an offer is theirs to award. Node knows no
 * `flock`, so the lock is a second SQLite file that is kept in an exclusive transaction for ever: SQLite holds it by
 * `fcntl`, which the kernel gives back when the process dies, however it dies.
 *
 * Never open the lock file by other means in the same process: closing any handle to it would give the lock back.
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
  /** Can be repeated. */
  release(): void;
}

/** @throws GrapevineError ERR_JOURNAL_LOCKED when somebody has it */
export function lockFolder(folder: string): FolderLock {
  const file = join(folder, LOCK_FILE);
  try {
    makeLockFile(file);
    return hold(file, new Connection(file, { busyTimeoutMs: 0 }));
  } catch (error) {
    if (!isBusy(error)) throw journalFailure(error, file);
    throw new GrapevineError(
      'ERR_JOURNAL_LOCKED',
      `the data folder ${folder} is in use by another desk; stop that one, or give this one a folder of its own`,
      { cause: error },
    );
  }
}

/** Two that start at the same moment both find it missing. */
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
