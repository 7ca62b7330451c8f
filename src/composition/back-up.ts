/** Copies a desk's journal, also while the desk is running. Loads only what the copy needs. */
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { GrapevineError } from '../protocol/errors.ts';
import { backUpJournal } from '../store/journal-backup.ts';
import { JOURNAL_FILE } from '../store/journal-name.ts';
import { assertHasJournal } from './has-journal.ts';

/**
 * Writes a copy of the journal in a data folder to a new file, also while its desk is running.
 * @throws GrapevineError ERR_USAGE when the folder has no journal, or the file exists; ERR_JOURNAL, or a more specific code
 */
export async function backUp(dataDir: string, file: string): Promise<void> {
  assertHasJournal(dataDir);
  assertPlace(dataDir, file);
  await backUpJournal(join(dataDir, JOURNAL_FILE), file);
}

/** The longest name of a file on the usual file systems. */
const NAME_MAX_BYTES = 255;
/** Names of files that a desk has in its folder, or will create there. */
const OWN_FILES = /^(?:journal\.(?:db|lock)|identity\.key|control\.|config\.toml$|proofs$|receipts$)/i;

/** Checks the path before anything is written, with a clear error for each problem. */
function assertPlace(dataDir: string, file: string): void {
  const refuse = (why: string): never => {
    throw new GrapevineError('ERR_USAGE', `${shown(file)} can't be the place of a backup: ${why}`);
  };
  if (file.includes('\0')) refuse('there is a NUL in the name');
  if (process.platform !== 'win32' && /^[A-Za-z]:[\\/]/.test(file))
    refuse('this is a path of Windows, and this is another system');
  if (file.endsWith('/')) refuse('it names a folder; name a file in it');
  if (Buffer.byteLength(basename(file)) > NAME_MAX_BYTES) refuse(`the name has more than ${NAME_MAX_BYTES} bytes`);
  const folder = realFolder(dirname(resolve(file))) ?? refuse('its folder is not there, or may not be looked at');
  if (/^\/(?:proc|sys|dev)(?:\/|$)/.test(folder)) refuse('files of the system are there, and nothing can be kept');
  if (folder === realFolder(dataDir) && OWN_FILES.test(basename(file)))
    refuse('the desk itself uses files of that name');
}

/** The folder without links and `..`; null if it does not exist. */
function realFolder(folder: string): string | null {
  try {
    return statSync(folder).isDirectory() ? realpathSync(folder) : null;
  } catch {
    return null;
  }
}

function shown(file: string): string {
  return JSON.stringify(file.length > 200 ? `${file.slice(0, 200)}...` : file);
}
