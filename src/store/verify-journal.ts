/**
 * Decides whether a journal is complete and unchanged since it was last used, before SQLite opens the file in this process. It is when
 *
 * - every page of the database has its last checksum, and
 * - the log has every acknowledged frame, unchanged;
 * - or, where pages cannot show it (an earlier version, a copy, a log that another program has checkpointed), all records that the mark
 *   covers are there.
 *
 * Everything else is refused. docs/JOURNAL.md, "How damage is found", says why.
 */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { GrapevineError } from '../protocol/errors.ts';
import { EMPTY_CONTENTS, isSumOfMeta } from './contents-sum.ts';
import { examineJournal, type Examined } from './examine-journal.ts';
import { readLife } from './life-page.ts';
import { MarkFile, markFile, type Contents, type Mark } from './journal-mark.ts';
import { scanLog, type LogScan } from './log-file.ts';
import { PageSums } from './page-sums.ts';

export interface Verdict {
  /** `copy`: an earlier state of this journal, or another journal. `intact`: everything that was acknowledged is there. */
  readonly kind: 'intact' | 'copy';
  /** The highest life that was ever used with this journal. */
  readonly life: number;
  /** Of `intact`: verified, all or what the mark covers. Of `copy`: what was found. */
  readonly contents: Contents;
}

/** First version whose journals have a mark. */
const MARKED_SINCE = 3;

export interface FileHeader {
  /** Not in WAL mode, and not new: a journal in use always is in it, a copy made by SQLite never. */
  readonly isCopy: boolean;
  readonly pageBytes: number;
  /** Version of the schema; 0 for a new file. */
  readonly version: number;
}

/** @throws GrapevineError ERR_JOURNAL_CORRUPT */
export function verifyJournal(file: string, header: FileHeader): Verdict {
  const mark = MarkFile.read(file);
  const wasOpening = mark === null ? existsSync(markFile(file)) : mark.phase === 'opening' || mark.phase === 'copy';
  const hasPageSums = !header.isCopy && mark !== null && !wasOpening;
  if (hasPageSums && compare(file, mark, header) === 'unchanged')
    return { kind: 'intact', life: mark.life, contents: mark.contents };
  return verdictOf(file, examineJournal(file, mark?.contents ?? EMPTY_CONTENTS, wasOpening), mark, header.isCopy);
}

type Comparison = 'unchanged' | 'examine';

function compare(file: string, mark: Mark, header: FileHeader): Comparison {
  const { pageBytes } = header;
  const { sums, rest } = scanPages(file, pageBytes);
  if (mark.phase === 'checkpointed') {
    if (rest || sums.pages !== mark.pages || sums.total !== mark.pageSum) return examineIfEarlier(file, mark, header);
    return compareCheckpointed(file, mark, scanLogOf(file), pageBytes);
  }
  // Another program that had the file open may have checkpointed and deleted the log: the records show whether all are there.
  if (logBytes(file) === 0) return 'examine';
  const scan = assertWhole(file, mark, scanLogOf(file), pageBytes);
  const inLog = new Set(mark.phase === 'checkpoint' ? scan.pages.slice(0, mark.log.frames) : []);
  // A crash in a checkpoint can leave new pages, the last one incomplete.
  const mayHaveGrown = mark.phase === 'checkpoint' && sums.pages >= mark.pages;
  const isSameSize = !rest && sums.pages === mark.pages;
  const isUnchanged = sums.totalWithout(inLog) === mark.pageSum && (mayHaveGrown || isSameSize);
  return isUnchanged ? 'unchanged' : examineIfEarlier(file, mark, header);
}

function scanPages(file: string, pageBytes: number): { readonly sums: PageSums; readonly rest: boolean } {
  const handle = openSync(file, 'r');
  try {
    return { sums: PageSums.scan(handle, pageBytes), rest: fstatSync(handle).size % pageBytes !== 0 };
  } finally {
    closeSync(handle);
  }
}

/** Different pages are acceptable only in a copy from an earlier life; otherwise they are damage. */
function examineIfEarlier(file: string, mark: Mark, { pageBytes, version }: FileHeader): 'examine' {
  const life = readLife(file, pageBytes, version);
  if (life === null || life >= mark.life)
    throw corrupt(file, 'has changed since it was last used: a part of it is damaged or missing');
  assertNoStrayLog(file, 'is a copy');
  return 'examine';
}

/**
 * SQLite would replay the log of one journal into another one and destroy it. This happens when a backup replaces a journal whose log is
 * still in the folder.
 */
export function assertNoStrayLog(file: string, problem: string): void {
  if (logBytes(file) === 0) return;
  throw corrupt(
    file,
    `${problem}, and the log ${file}-wal beside it belongs to another file`,
    `Move the log and ${file}-shm away (docs/JOURNAL.md, "Restoring")`,
  );
}

export function logBytes(file: string): number {
  return statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

/** @returns null when the log is missing, or has no valid header */
function scanLogOf(file: string): LogScan | null {
  return logBytes(file) === 0 ? null : scanLog(readFileSync(`${file}-wal`));
}

/** Asserts that every acknowledged frame is in the log, unchanged. */
function assertWhole(file: string, { log }: Mark, scan: LogScan | null, pageBytes: number): LogScan {
  const sums = scan?.sumAt(log.frames) ?? null;
  const isSame = scan?.pageBytes === pageBytes && scan.salt1 === log.salt1 && scan.salt2 === log.salt2;
  if (!isSame || sums?.[0] !== log.sum1 || sums[1] !== log.sum2)
    throw corrupt(`${file}-wal`, 'is damaged, truncated, or the log of another file');
  return scan;
}

/** The database contains all acknowledged entries. Decides whether the log may be replayed. */
function compareCheckpointed(file: string, mark: Mark, scan: LogScan | null, pageBytes: number): Comparison {
  // SQLite ignores a log without a valid header.
  if (scan === null) return 'unchanged';
  const { log } = mark;
  if (log.frames > 0) {
    // The checkpointed log: if it were not complete, replaying it would restore old pages.
    if (scan.salt1 === log.salt1) assertWhole(file, mark, scan, pageBytes);
    // SQLite increments the first salt when it restarts the log: the new frames were never acknowledged.
    if (scan.salt1 === log.salt1 || scan.salt1 === (log.salt1 + 1) >>> 0) return 'unchanged';
  }
  return 'examine';
}

function verdictOf(file: string, examined: Examined, mark: Mark | null, isCopy: boolean): Verdict {
  const { version, life, contents } = examined;
  const found = { life: Math.max(life, mark?.life ?? 0), contents };
  if (isCopy || mark?.phase === 'copy') return { kind: 'copy', ...found };
  if (mark === null) {
    // The first start ended before it wrote its mark: there is nothing to lose.
    const isNew = contents.records === 0 && contents.evidence === 0;
    if (!isNew && existsSync(markFile(file))) throw corrupt(markFile(file), 'is damaged');
    return { kind: isNew || version < MARKED_SINCE ? 'intact' : 'copy', ...found };
  }
  // The life only grows: a file copy has a lower one, or the log of an earlier life brings it back.
  if (life < mark.life) assertNoStrayLog(file, 'is in the state of an earlier start');
  if (hasAll(examined, mark)) return { kind: 'intact', ...found };
  if (life < mark.life) return { kind: 'copy', ...found };
  throw corrupt(file, 'lacks records that were acknowledged');
}

function hasAll({ contents, meta, sumOfMarked }: Examined, mark: Mark): boolean {
  const { records, evidence, sum, metaSum } = mark.contents;
  if (contents.records < records || contents.evidence < evidence || sumOfMarked !== sum) return false;
  // The operator may mark any journal as a copy by hand.
  return meta.restored || isSumOfMeta(meta, metaSum);
}

const RESTORE = 'Keep all files, and restore a backup of the journal (docs/JOURNAL.md, "Restoring")';

/** @param advice what to do */
export function corrupt(file: string, problem: string, advice = RESTORE): GrapevineError {
  return new GrapevineError('ERR_JOURNAL_CORRUPT', `${file} ${problem}; nothing was changed. ${advice}`);
}
