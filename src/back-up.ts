/** A copy of a desk's journal, also while the desk is running. Loads nothing but what copies it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GrapevineError } from './protocol/errors.ts';
import { backUpJournal } from './store/journal-backup.ts';

export const JOURNAL_FILE = 'journal.db';

/**
 * Writes a copy of the journal in a data folder to a new file, also while its desk is running.
 * @throws GrapevineError ERR_USAGE when there is no journal in that folder, or the file exists; ERR_JOURNAL and its kin
 */
export async function backUp(dataDir: string, file: string): Promise<void> {
  assertHasJournal(dataDir);
  await backUpJournal(join(dataDir, JOURNAL_FILE), file);
}

/** @throws GrapevineError ERR_USAGE */
export function assertHasJournal(dataDir: string): void {
  if (existsSync(join(dataDir, JOURNAL_FILE))) return;
  throw new GrapevineError('ERR_USAGE', `there is no journal of a desk in ${dataDir}`);
}
