/** What the disk and SQLite complain about, told as an error of ours that says what to do. */
import { dirname } from 'node:path';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { GrapevineError, type ErrorCode } from '../protocol/errors.ts';

/** Below this a disk counts as full: SQLite's own files beside the journal need some room. */
const FREE_MIN_BYTES = 256 * 1024;

const CODES: readonly (readonly [pattern: RegExp, code: ErrorCode])[] = [
  [/^(SQLITE_FULL|ENOSPC|EDQUOT)/, 'ERR_JOURNAL_FULL'],
  [/^(SQLITE_READONLY|SQLITE_PERM|EACCES|EPERM|EROFS)/, 'ERR_JOURNAL_READ_ONLY'],
  [/^(SQLITE_CORRUPT|SQLITE_NOTADB)/, 'ERR_JOURNAL_CORRUPT'],
];

const ADVICE: Partial<Record<ErrorCode, string>> = {
  ERR_JOURNAL_FULL: 'there is no room left; nothing of this was written. Make room and start again',
  ERR_JOURNAL_READ_ONLY: 'it may not be written. Give this user the right to write the file and its folder',
  ERR_JOURNAL_CORRUPT: 'it is damaged and was left as it is. Keep it, and put a backup in its place',
};

/** @param file what was being read or written */
export function journalFailure(error: unknown, file: string): GrapevineError {
  if (error instanceof GrapevineError) return error;
  const code = codeOf(error, dirname(file));
  const reason = error instanceof Error ? error.message : String(error);
  const advice = isBusy(error) ? 'another program holds it; end that program' : ADVICE[code];
  const text = advice === undefined ? reason : `${advice} (${reason})`;
  return new GrapevineError(code, `${file}: ${text}`, { cause: error });
}

/** One entry was at fault, not the file. (A number that is taken is not: then another program writes into the journal.) */
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
  // What is left ("unable to open", "disk I/O error") has its reason in the surroundings: look there.
  if (isFull(folder)) return 'ERR_JOURNAL_FULL';
  return isReadOnly(folder) ? 'ERR_JOURNAL_READ_ONLY' : 'ERR_JOURNAL';
}

/** Of SQLite or of the operating system. */
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
