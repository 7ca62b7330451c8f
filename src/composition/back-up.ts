/** A copy of a desk's journal, also while the desk is running. Loads nothing but what copies it. */
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { GrapevineError } from '../protocol/errors.ts';
import { backUpJournal } from '../store/journal-backup.ts';
import { JOURNAL_FILE } from '../store/journal-name.ts';
import { assertHasJournal } from './has-journal.ts';

/**
 * Writes a copy of the journal in a data folder to a new file, also while its desk is running.
 * @throws GrapevineError ERR_USAGE when there is no journal in that folder, or the file exists; ERR_JOURNAL and its kin
 */
export async function backUp(dataDir: string, file: string): Promise<void> {
  assertHasJournal(dataDir);
  assertPlace(dataDir, file);
  await backUpJournal(join(dataDir, JOURNAL_FILE), file);
}

/** Of the last part of a path, on all file systems that we know. */
const NAME_MAX_BYTES = 255;
/** What a desk keeps in its folder, or will put there. */
const OWN_FILES = /^(?:journal\.(?:db|lock)|identity\.key|control\.|config\.toml$|proofs$|receipts$)/i;

/** Each way in which a path is no place for a copy is said, before anything is written. */
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

/** Through links, and without `..`. */
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
