/**
 * Opens the file of a journal, or refuses it. Whatever is not surely a journal of ours, whole and in a version that we know,
 * is left byte for byte as it was: it is looked at without SQLite first (verify-journal.ts) and only then opened.
 *
 * Each step leaves files that the next start understands, wherever a crash falls: what is to be remembered of an opening that
 * is under way is in the mark before anything is changed.
 */
import { closeSync, existsSync, fstatSync, lstatSync, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { GrapevineError } from '../protocol/errors.ts';
import { NOTHING, sumOfEvidence, sumOfMeta, sumOfRecord } from './contents-sum.ts';
import { JournalDisk } from './journal-disk.ts';
import { MarkFile, markFile, NO_LOG, type Contents, type ContentsHolder, type Mark } from './journal-mark.ts';
import { APPLICATION_ID, migrate, SCHEMA_VERSION } from './journal-schema.ts';
import { PageSums } from './page-sums.ts';
import { createFile, syncFolder } from './private-file.ts';
import { Connection, makeDurable, textOf } from './sqlite-connection.ts';
import { corrupt, verifyJournal, type Verdict } from './verify-journal.ts';

// Offsets in the header of an SQLite file: https://sqlite.org/fileformat.html
const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\0';
const PAGE_SIZE_AT = 16;
const WRITE_VERSION_AT = 18;
const PAGE_COUNT_AT = 28;
const USER_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;

/** Rows that are read at a time when all are looked at. */
const ROWS_AT_A_TIME = 1_000;

export interface OpenedFile {
  readonly connection: Connection;
  readonly disk: JournalDisk;
  readonly life: number;
  readonly contents: ContentsHolder;
}

export interface OpenInit {
  readonly file: string;
  /** See `JournalDiskInit`. */
  readonly failed: (error: unknown) => void;
  readonly otherFiles: readonly string[];
}

/**
 * Only who holds the lock of the folder may call this.
 * @throws GrapevineError ERR_JOURNAL_CORRUPT, ERR_JOURNAL_NEWER, ERR_JOURNAL_NOT_DURABLE
 */
export function openJournalFile(init: OpenInit): OpenedFile {
  const { file } = init;
  const verdict = examineBefore(file);
  if (!existsSync(file)) createFile(file);
  const mark = markOpening(file, verdict);
  let connection: Connection | null = null;
  const database = openSync(file, 'r');
  try {
    connection = new Connection(file);
    return goOn(init, { connection, mark, database, verdict });
  } catch (error) {
    connection?.close();
    mark.close();
    closeSync(database);
    throw error;
  }
}

/**
 * Judges a journal and changes nothing.
 * @returns null when there is nothing yet
 * @throws GrapevineError ERR_JOURNAL_CORRUPT, ERR_JOURNAL_NEWER
 */
export function examineBefore(file: string): Verdict | null {
  assertNoLinks(file);
  const header = existsSync(file) ? readHeader(file) : null;
  if (header !== null) {
    const verdict = verifyJournal(file, header);
    assertOurs(file);
    return verdict;
  }
  if (!existsSync(file)) assertNoStrayLog(file, 'is missing');
  if (MarkFile.read(file) !== null)
    throw corrupt(file, `is missing or empty, and ${markFile(file)} says that there was a journal`);
  return null;
}

/** What is beside a link belongs to another place: SQLite would look for the log there. */
function assertNoLinks(file: string): void {
  for (const name of [file, `${file}-wal`, `${file}-shm`, markFile(file)])
    if (lstatSync(name, { throwIfNoEntry: false })?.isSymbolicLink() === true)
      throw corrupt(name, 'is a symbolic link; a journal and its log are files in one folder');
}

/** From here on pages may change, until the opening is through; what a crash leaves is judged by its records. */
function markOpening(file: string, verdict: Verdict | null): MarkFile {
  const first = verdict === null ? null : markOf(verdict);
  if (!existsSync(markFile(file))) {
    const mark = MarkFile.create(file, first);
    syncFolder(dirname(file));
    return mark;
  }
  const mark = MarkFile.open(file);
  if (first !== null) mark.writeDurably(first);
  return mark;
}

function markOf({ kind, life, contents }: Verdict): Mark {
  const phase = kind === 'copy' ? 'copy' : 'opening';
  return { life, phase, log: NO_LOG, pages: 0, pageSum: 0, contents };
}

interface Opening {
  readonly connection: Connection;
  readonly mark: MarkFile;
  readonly database: number;
  readonly verdict: Verdict | null;
}

function goOn({ file, failed, otherFiles }: OpenInit, { connection, mark, database, verdict }: Opening): OpenedFile {
  connection.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA foreign_keys = OFF');
  // While it still looks like a copy: a crash after the switch to WAL would make it look like a journal in use.
  if (verdict?.kind === 'copy') markCopy(connection, verdict.life);
  makeDurable(connection, file, 'FULL');
  const life = beginLife(connection, verdict?.life ?? 0);
  const contents = { now: contentsOf(connection, verdict?.kind === 'copy' ? NOTHING : (verdict?.contents ?? NOTHING)) };
  connection.foldLog();
  makeDurable(connection, file, 'NORMAL');
  const sums = PageSums.scan(database, connection.readNumber('PRAGMA page_size'));
  const shared = { contents: () => contents.now, failed, otherFiles };
  const disk = new JournalDisk({ file, life, mark, sums, databaseFd: database, ...shared });
  disk.settle();
  syncFolder(dirname(file));
  return { connection, disk, life, contents };
}

function markCopy(connection: Connection, life: number): void {
  connection.inTransaction(() => {
    migrate(connection);
    connection.exec(`UPDATE meta SET restored = 1, life = max(life, ${life})`);
  });
}

function beginLife(connection: Connection, before: number): number {
  connection.inTransaction(() => {
    migrate(connection);
    connection.exec(`UPDATE meta SET life = max(life, ${before}) + 1`);
  });
  return connection.readNumber('SELECT life FROM meta');
}

/** @param known what is there for sure, and need not be read again */
function contentsOf(connection: Connection, known: Contents): Contents {
  let { records, evidence, sum } = known;
  const recordsAfter = connection.prepare(
    'SELECT seq, offer, CAST(body AS BLOB) AS body FROM records WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  for (let rows = recordsAfter.all(records, ROWS_AT_A_TIME); rows.length > 0;) {
    for (const { seq, offer, body } of rows) {
      sum = (sum + sumOfRecord(Number(seq), Number(offer), textOf(body))) >>> 0;
      records = Number(seq);
    }
    rows = recordsAfter.all(records, ROWS_AT_A_TIME);
  }
  const evidenceAfter = connection.prepare(
    'SELECT rowid AS number, CAST(statements AS BLOB) AS statements FROM evidence WHERE rowid > ? ORDER BY rowid',
  );
  for (const { number, statements } of evidenceAfter.all(evidence)) {
    sum = (sum + sumOfEvidence(Number(number), textOf(statements))) >>> 0;
    evidence = Number(number);
  }
  return { records, evidence, sum, metaSum: metaSumOf(connection) };
}

export function metaSumOf(connection: Connection): number {
  const { generation, restored, desk } = connection.readRow(
    'SELECT generation, restored, CAST(desk AS BLOB) AS desk FROM meta',
  );
  return sumOfMeta({
    generation: Number(generation),
    restored: restored !== 0,
    desk: desk === null ? null : textOf(desk),
  });
}

interface Header {
  /** Not in WAL mode, which a journal in use always is, and a copy made by SQLite never. */
  readonly isCopy: boolean;
  readonly pageBytes: number;
}

/** @returns null for an empty file: a first start that ended before anything was written */
function readHeader(file: string): Header | null {
  const { bytes, size } = readStart(file);
  if (size === 0) {
    assertNoStrayLog(file, 'is empty');
    return null;
  }
  if (size < HEADER_BYTES || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw corrupt(file, 'is no SQLite file');
  }
  assertApplication(file, bytes.readUInt32BE(APPLICATION_ID_AT), bytes.readUInt32BE(USER_VERSION_AT));
  const [writing, reading] = bytes.subarray(WRITE_VERSION_AT);
  // No single damaged byte makes one out of the other.
  if (writing !== reading || writing === undefined || writing < 1 || writing > 2) throw corrupt(file, 'is damaged');
  const isInWalMode = writing === 2;
  if (!isInWalMode) assertNoStrayLog(file, 'is a copy');
  // As long as there is a log, the end of the file may be in there.
  if (logBytes(file) === 0 && size < bytes.readUInt32BE(PAGE_COUNT_AT) * pageSize(bytes)) {
    throw corrupt(file, 'is cut off');
  }
  return { isCopy: !isInWalMode && bytes.readUInt32BE(USER_VERSION_AT) > 0, pageBytes: pageSize(bytes) };
}

/** Opened for writing as well, so that a file that may not be written is refused here and clearly. */
function readStart(file: string): { bytes: Buffer; size: number } {
  const handle = openSync(file, 'r+');
  try {
    const bytes = Buffer.alloc(HEADER_BYTES);
    readSync(handle, bytes, 0, HEADER_BYTES, 0);
    return { bytes, size: fstatSync(handle).size };
  } finally {
    closeSync(handle);
  }
}

function pageSize(bytes: Buffer): number {
  const stored = bytes.readUInt16BE(PAGE_SIZE_AT);
  return stored === 1 ? 65_536 : stored;
}

/** The newest header may be in the log; only SQLite can tell. For reading only: it would tidy up the file otherwise. */
function assertOurs(file: string): void {
  const connection = new Connection(file, { readOnly: true });
  try {
    const isEmpty = connection.readNumber('SELECT count(*) FROM sqlite_schema') === 0;
    const application = connection.readNumber('PRAGMA application_id');
    const version = connection.readNumber('PRAGMA user_version');
    if (isEmpty && application === 0 && version === 0) return;
    if (application !== APPLICATION_ID || version === 0) throw foreign(file);
    assertApplication(file, application, version);
  } finally {
    connection.close();
  }
}

/** Zeros are no answer yet: a first start may have ended early, or the answer is in the log. */
function assertApplication(file: string, application: number, version: number): void {
  if (application !== 0 && application !== APPLICATION_ID) throw foreign(file);
  if (application !== APPLICATION_ID || version <= SCHEMA_VERSION) return;
  throw new GrapevineError(
    'ERR_JOURNAL_NEWER',
    `${file} was written by a newer Grapevine (journal version ${version}, this one knows ${SCHEMA_VERSION}); ` +
      'it was left as it is. Use the newer program',
  );
}

/**
 * SQLite would replay the log of one journal into another one, and ruin it: what happens when a backup is put in place
 * while the log of what it replaces still lies there.
 */
function assertNoStrayLog(file: string, problem: string): void {
  if (logBytes(file) === 0) return;
  throw corrupt(
    file,
    `${problem}, and the log ${file}-wal beside it belongs to another file; move the log and ${file}-shm away ` +
      '(docs/JOURNAL.md, "Restoring")',
  );
}

function logBytes(file: string): number {
  return statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

function foreign(file: string): GrapevineError {
  return corrupt(file, 'is a database of another program');
}
