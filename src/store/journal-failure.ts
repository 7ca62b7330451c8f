/** Converts errors of SQLite and of the file system to GrapevineErrors that say what to do. */
import { dirname } from 'node:path';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { GrapevineError, type ErrorCode } from '../protocol/errors.ts';

/** With less free space a disk counts as full: SQLite also needs space for its own files. */
const FREE_MIN_BYTES = 256 * 1024;

const CODES: readonly (readonly [pattern: RegExp, code: ErrorCode])[] = [
  [/^(SQLITE_FULL|ENOSPC|EDQUOT)/, 'ERR_JOURNAL_FULL'],
  [/^(SQLITE_READONLY|SQLITE_PERM|EACCES|EPERM|EROFS)/, 'ERR_JOURNAL_READ_ONLY'],
  [/^(SQLITE_CORRUPT|SQLITE_NOTADB)/, 'ERR_JOURNAL_CORRUPT'],
];

const ADVICE: Partial<Record<ErrorCode, string>> = {
  ERR_JOURNAL_FULL: 'there is no space left; this entry was not written. Free some space and start again',
  ERR_JOURNAL_READ_ONLY: 'it may not be written. Give this user write permission for the file and its folder',
  ERR_JOURNAL_CORRUPT: 'it is damaged and was not changed. Keep it, and put a backup in its place',
};

/** @param file the file that was being read or written */
export function journalFailure(error: unknown, file: string): GrapevineError {
  if (error instanceof GrapevineError) return error;
  const code = codeOf(error, dirname(file));
  const reason = error instanceof Error ? error.message : String(error);
  const advice = isBusy(error) ? 'another program has locked it; end that program' : ADVICE[code];
  const text = advice === undefined ? reason : `${advice} (${reason})`;
  return new GrapevineError(code, `${file}: ${text}`, { cause: error });
}

/** The entry is invalid, not the file. A duplicate row number is excluded: it means that another program writes into the journal. */
export function isConstraintViolation(error: unknown): boolean {
  return /^SQLITE_CONSTRAINT(?!_PRIMARYKEY|_ROWID)/.test(nativeCode(error));
}

export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(nativeCode(error));
}

function codeOf(error: unknown, folder: string): ErrorCode {
  const code = nativeCode(error);
  const known = CODES.find(([pattern]) => pattern.test(code))?.[1];
  if (known !== undefined) return known;
  if (isBusy(error)) return 'ERR_JOURNAL';
  // The other errors ("unable to open", "disk I/O error") do not name their cause: check the disk and the permissions.
  if (isFull(folder)) return 'ERR_JOURNAL_FULL';
  return isReadOnly(folder) ? 'ERR_JOURNAL_READ_ONLY' : 'ERR_JOURNAL';
}

/** The code of SQLite or of the operating system. */
function nativeCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < FREE_MIN_BYTES;
  } catch {
    return false;
  }
}

function isReadOnly(folder: string): boolean {
  const probe = `${folder}/.write-probe-${process.pid}`;
  try {
    writeFileSync(probe, '', { flag: 'wx' });
    rmSync(probe);
    return false;
  } catch (error) {
    return /^(EACCES|EPERM|EROFS)$/.test(nativeCode(error));
  }
}
