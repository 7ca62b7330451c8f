/** Whether a folder belongs to a desk. Loads no SQLite, because commands that only talk to a running desk use it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GrapevineError } from '../protocol/errors.ts';
import { JOURNAL_FILE } from '../store/journal-name.ts';

export function hasJournal(dataDir: string): boolean {
  return existsSync(join(dataDir, JOURNAL_FILE));
}

/** @throws GrapevineError ERR_USAGE */
export function assertHasJournal(dataDir: string): void {
  if (hasJournal(dataDir)) return;
  throw new GrapevineError('ERR_USAGE', `there is no journal of a desk in ${dataDir}`);
}
