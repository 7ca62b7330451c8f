/**
 * Is this the journal that we left, whole? Decided before SQLite sees the file, from its pages, its log and its mark:
 *
 * - every page of the database has the checksum that it was left with;
 * - the log has every frame that was ever acknowledged, unchanged;
 * - or, where pages can't tell (an earlier version, a copy, a log that another program has folded into the database), all the
 *   records that the mark knows are there.
 *
 * Everything else is refused. docs/JOURNAL.md has the table of cases.
 */
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { GrapevineError } from '../protocol/errors.ts';
import { isSumOfMeta, NOTHING } from './contents-sum.ts';
import { examineJournal, type Examined } from './examine-journal.ts';
import { readLife } from './life-page.ts';
import { MarkFile, markFile, type Contents, type Mark } from './journal-mark.ts';
import { scanLog, type LogScan } from './log-file.ts';
import { PageSums } from './page-sums.ts';

export interface Verdict {
  /** `copy`: a journal as it was earlier, or from elsewhere. `intact`: everything that was acknowledged is there. */
  readonly kind: 'intact' | 'copy';
  /** The highest life that was ever used here. */
  readonly life: number;
  /** Of what is there, as much as is known. */
  readonly contents: Contents;
}

/** First version whose journals have a mark. */
const MARKED_SINCE = 3;

/**
 * @param header what the header of the file says; `isCopy`: it is not in WAL mode
 * @throws GrapevineError ERR_JOURNAL_CORRUPT
 */
export function verifyJournal(file: string, header: { readonly isCopy: boolean; readonly pageBytes: number }): Verdict {
  const mark = MarkFile.read(file);
  const wasOpening = mark === null ? existsSync(markFile(file)) : mark.phase === 'opening' || mark.phase === 'copy';
  if (header.isCopy || mark === null || wasOpening)
    return verdictOf(file, examineJournal(file, mark?.contents ?? NOTHING, wasOpening), mark, header.isCopy);
  const log = readLog(file);
  if (compare(file, mark, log, header.pageBytes) === 'examine')
    return verdictOf(file, examineJournal(file, mark.contents, false), mark, false);
  return { kind: 'intact', life: mark.life, contents: mark.contents };
}

/** @returns null when the file is missing or empty */
function readLog(file: string): { readonly scan: LogScan | null } | null {
  const name = `${file}-wal`;
  const bytes = existsSync(name) ? readFileSync(name) : Buffer.alloc(0);
  return bytes.length === 0 ? null : { scan: scanLog(bytes) };
}

type Comparison = 'as left' | 'examine';

function compare(file: string, mark: Mark, log: { scan: LogScan | null } | null, pageBytes: number): Comparison {
  const { sums, rest } = scanPages(file, pageBytes);
  if (mark.phase === 'folded') {
    if (rest || sums.pages !== mark.pages || sums.total !== mark.pageSum) return otherPages(file, mark, log, pageBytes);
    return compareFolded(file, mark, log?.scan ?? null, pageBytes);
  }
  // Another program that had the file open may have folded the log into it: the records tell whether that is all.
  if (log === null) return 'examine';
  const scan = assertWhole(file, mark, log.scan, pageBytes);
  const inLog = new Set(mark.phase === 'checkpoint' ? scan.pages.slice(0, mark.log.frames) : []);
  const grown = mark.phase === 'checkpoint' && sums.pages >= mark.pages;
  const isAsLeft = sums.totalWithout(inLog) === mark.pageSum && (grown || (!rest && sums.pages === mark.pages));
  return isAsLeft ? 'as left' : otherPages(file, mark, null, pageBytes);
}

function scanPages(file: string, pageBytes: number): { readonly sums: PageSums; readonly rest: boolean } {
  const handle = openSync(file, 'r');
  try {
    return { sums: PageSums.scan(handle, pageBytes), rest: fstatSync(handle).size % pageBytes !== 0 };
  } finally {
    closeSync(handle);
  }
}

/** A copy from an earlier life was put in place; anything else is damage. */
function otherPages(file: string, mark: Mark, log: unknown, pageBytes: number): 'examine' {
  const life = readLife(file, pageBytes);
  if (life === null || life >= mark.life)
    throw corrupt(file, 'is not as it was left: a part of it is damaged or missing');
  if (log !== null || existsLog(file))
    throw corrupt(
      file,
      `is a copy, and the log ${file}-wal beside it belongs to another file; move the log and ${file}-shm away ` +
        '(docs/JOURNAL.md, "Restoring")',
    );
  return 'examine';
}

function existsLog(file: string): boolean {
  return readLog(file) !== null;
}

/** Every frame that was acknowledged, unchanged. */
function assertWhole(file: string, { log }: Mark, scan: LogScan | null, pageBytes: number): LogScan {
  const sums = scan?.sumAt(log.frames) ?? null;
  const isSame = scan?.pageBytes === pageBytes && scan.salt1 === log.salt1 && scan.salt2 === log.salt2;
  if (!isSame || sums?.[0] !== log.sum1 || sums[1] !== log.sum2)
    throw corrupt(`${file}-wal`, 'is damaged, cut off, or the log of another file');
  return scan;
}

/** The database has everything. What may still be in the log? */
function compareFolded(file: string, mark: Mark, scan: LogScan | null, pageBytes: number): Comparison {
  // What SQLite takes for no log.
  if (scan === null) return 'as left';
  const { log } = mark;
  if (log.frames > 0) {
    // The old one: a part of it, replayed, would bring back old pages.
    if (scan.salt1 === log.salt1) assertWhole(file, mark, scan, pageBytes);
    // SQLite counts the first salt up when it begins a log again. In there is what nobody was told of.
    if (scan.salt1 === log.salt1 || scan.salt1 === (log.salt1 + 1) >>> 0) return 'as left';
  }
  return 'examine';
}

function verdictOf(file: string, examined: Examined, mark: Mark | null, isCopy: boolean): Verdict {
  const { version, life, contents } = examined;
  const found = { life: Math.max(life, mark?.life ?? 0), contents };
  if (isCopy || mark?.phase === 'copy') return { kind: 'copy', ...found };
  if (mark === null) {
    // A first start that did not get as far as its mark has nothing to forget.
    const isNew = contents.records === 0 && contents.evidence === 0;
    if (!isNew && existsSync(markFile(file))) throw corrupt(markFile(file), 'is damaged');
    return { kind: isNew || version < MARKED_SINCE ? 'intact' : 'copy', ...found };
  }
  if (hasAll(examined, mark)) return { kind: 'intact', ...found };
  if (life < mark.life) return { kind: 'copy', ...found };
  throw corrupt(file, 'lacks records that were acknowledged');
}

function hasAll({ contents, meta, sumOfMarked }: Examined, mark: Mark): boolean {
  const { records, evidence, sum, metaSum } = mark.contents;
  if (contents.records < records || contents.evidence < evidence || sumOfMarked !== sum) return false;
  // To be marked by hand as a copy is always possible.
  return meta.restored || isSumOfMeta(meta, metaSum);
}

export function corrupt(file: string, problem: string): GrapevineError {
  return new GrapevineError(
    'ERR_JOURNAL_CORRUPT',
    `${file} ${problem}; nothing was changed. Keep it, and put a backup in its place`,
  );
}
