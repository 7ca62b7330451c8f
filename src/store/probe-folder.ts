/** Examines the disk and the journal of a data folder. */
import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { GrapevineError } from '../protocol/errors.ts';
import { JOURNAL_FILE } from './journal-name.ts';
import { openSqliteJournal } from './open-sqlite-journal.ts';

const FSYNC_TRIES = 5;

/** Of the folder, or of its nearest existing parent. */
export interface DiskFinding {
  readonly freeBytes: number;
  /** Median of several measurements; null when the folder is not writable. */
  readonly fsyncMs: number | null;
  readonly problem: string | null;
}

export function probeDisk(dataDir: string): DiskFinding {
  const folder = nearestFolder(resolve(dataDir));
  const { bavail, bsize } = statfsSync(folder);
  const freeBytes = bavail * bsize;
  try {
    return { freeBytes, fsyncMs: measureFsync(folder), problem: null };
  } catch (error) {
    return { freeBytes, fsyncMs: null, problem: error instanceof Error ? error.message : String(error) };
  }
}

function nearestFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

function measureFsync(folder: string): number {
  const file = join(folder, `.fsync-probe-${process.pid}`);
  const handle = openSync(file, 'wx', 0o600);
  try {
    const times = Array.from({ length: FSYNC_TRIES }, () => {
      writeSync(handle, '.'.repeat(512));
      const before = performance.now();
      fsyncSync(handle);
      return performance.now() - before;
    });
    return times.sort((left, right) => left - right)[Math.floor(FSYNC_TRIES / 2)] ?? 0;
  } finally {
    closeSync(handle);
    rmSync(file, { force: true });
  }
}

export type JournalFinding =
  | { readonly state: 'none' }
  | { readonly state: 'good'; readonly unfinished: number; readonly restored: boolean }
  | { readonly state: 'locked' }
  | { readonly state: 'bad'; readonly code: string; readonly text: string };

/** Opens the journal of a stopped desk as a start would, and closes it again. */
export async function probeJournal(dataDir: string): Promise<JournalFinding> {
  if (!existsSync(join(dataDir, JOURNAL_FILE))) return { state: 'none' };
  try {
    const journal = openSqliteJournal({ dataDir });
    try {
      return { state: 'good', unfinished: (await journal.readUnfinished()).length, restored: journal.restored };
    } finally {
      await journal.close();
    }
  } catch (error) {
    if (!(error instanceof GrapevineError)) throw error;
    return error.code === 'ERR_JOURNAL_LOCKED'
      ? { state: 'locked' }
      : { state: 'bad', code: error.code, text: error.message };
  }
}
