/** Opens the journal of a data folder, for this process alone. */
import { join, resolve } from 'node:path';
import { lockFolder, type FolderLock } from './folder-lock.ts';
import { journalFailure } from './journal-failure.ts';
import { closeJournalFile, openJournalFile } from './journal-file.ts';
import { JOURNAL_FILE } from './journal-name.ts';
import { makeFolder } from './private-file.ts';
import { SqliteJournal, type JournalOptions } from './sqlite-journal.ts';

export interface SqliteJournalInit extends JournalOptions {
  /** Created when it is missing, accessible to its owner only. */
  readonly dataDir: string;
  /** Called when the folder is locked, before the journal is created or opened. Its errors are passed on. */
  readonly onLocked?: (() => void) | undefined;
}

/**
 * @throws GrapevineError ERR_JOURNAL_LOCKED, ERR_JOURNAL_FULL, ERR_JOURNAL_READ_ONLY, ERR_JOURNAL_CORRUPT,
 * ERR_JOURNAL_NEWER, ERR_JOURNAL_NOT_DURABLE; ERR_JOURNAL for other errors. The file is then unchanged.
 */
export function openSqliteJournal(init: SqliteJournalInit): SqliteJournal {
  const dataDir = resolve(init.dataDir);
  const file = join(dataDir, JOURNAL_FILE);
  let lock: FolderLock | null = null;
  try {
    makeFolder(dataDir);
    lock = lockFolder(dataDir);
    init.onLocked?.();
    return openWithLock(file, lock, init);
  } catch (error) {
    lock?.release();
    throw journalFailure(error, file);
  }
}

function openWithLock(file: string, lock: FolderLock, init: SqliteJournalInit): SqliteJournal {
  let onFailure: (error: unknown) => void = () => undefined;
  const failed = new Promise<unknown>((resolve) => (onFailure = resolve));
  const opened = openJournalFile({ file, onFailure, otherFiles: [lock.file] });
  try {
    return new SqliteJournal(file, opened, lock, failed, init);
  } catch (error) {
    closeJournalFile(opened, true);
    throw error;
  }
}
