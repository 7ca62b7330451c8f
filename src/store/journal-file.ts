/**
 * Opens and closes the file of a journal. A file that is not certainly a complete journal in a known version is not changed at all:
 * it is verified without SQLite first (verify-journal.ts), and refused if it fails.
 *
 * A crash at any step leaves files that the next start understands: the mark records that an opening is in progress before anything is
 * changed.
 */
import { closeSync, existsSync, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { GrapevineError } from '../protocol/errors.ts';
import { EMPTY_CONTENTS, sumOfEvidence, sumOfMeta, sumOfRecord } from './contents-sum.ts';
import { JournalDisk, type JournalDiskInit } from './journal-disk.ts';
import { MarkFile, markFile, NO_LOG, type Contents, type ContentsHolder, type Mark } from './journal-mark.ts';
import { readMeta } from './journal-meta.ts';
import { APPLICATION_ID, migrate, SCHEMA_VERSION } from './journal-schema.ts';
import { PageSums } from './page-sums.ts';
import { createFile, syncFolder } from './private-file.ts';
import { Connection, makeDurable, textOf } from './sqlite-connection.ts';
import { assertNoStrayLog, corrupt, logBytes, verifyJournal, type FileHeader, type Verdict } from './verify-journal.ts';

// Offsets in the header of an SQLite file: https://sqlite.org/fileformat.html
const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\0';
const PAGE_SIZE_AT = 16;
const WRITE_VERSION_AT = 18;
const PAGE_COUNT_AT = 28;
const USER_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;

/** Records that are read with one query. */
const ROWS_PER_QUERY = 1_000;

export interface OpenedFile {
  readonly connection: Connection;
  readonly disk: JournalDisk;
  readonly life: number;
  readonly contents: ContentsHolder;
}

export type OpenInit = Pick<JournalDiskInit, 'file' | 'onFailure' | 'otherFiles'>;

/**
 * Requires the lock of the folder.
 * @throws GrapevineError ERR_JOURNAL_CORRUPT, ERR_JOURNAL_NEWER, ERR_JOURNAL_NOT_DURABLE
 */
export function openJournalFile(init: OpenInit): OpenedFile {
  const { file } = init;
  const verdict = verifyFile(file);
  if (!existsSync(file)) createFile(file);
  const mark = markOpening(file, verdict);
  let connection: Connection | null = null;
  const database = openSync(file, 'r');
  try {
    connection = new Connection(file);
    return finishOpening(init, { connection, mark, database, verdict });
  } catch (error) {
    connection?.close();
    mark.close();
    closeSync(database);
    throw error;
  }
}

/** @param hasFailed true: no checkpoint, the log stays for the next start */
export function closeJournalFile({ connection, disk }: OpenedFile, hasFailed: boolean): void {
  disk.stop();
  // Moves everything into one file. A reader may prevent that: then the next start finds the rest in the log.
  const checkpoint = (): boolean => succeeds(() => disk.checkpointNow(() => connection.checkpoint()));
  const markUnverified = (): boolean => succeeds(() => disk.markUnverified());
  // Without a valid mark the connection stays open: SQLite changes the file when it closes it, and the next start would find it damaged.
  // All entries are durable in the log in any case.
  if ((!hasFailed && checkpoint()) || markUnverified()) connection.close();
  disk.close();
}

function succeeds(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

/**
 * Verifies a journal and changes nothing.
 * @returns null when there is no journal yet
 * @throws GrapevineError ERR_JOURNAL_CORRUPT, ERR_JOURNAL_NEWER
 */
export function verifyFile(file: string): Verdict | null {
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

/** SQLite looks for the log beside the target of a link, so each file must be in this folder itself. */
function assertNoLinks(file: string): void {
  for (const name of [file, `${file}-wal`, `${file}-shm`, markFile(file)])
    if (lstatSync(name, { throwIfNoEntry: false })?.isSymbolicLink() === true)
      throw corrupt(name, 'is a symbolic link; a journal and its log are files in one folder');
}

/** Until the opening is complete, pages may change: after a crash the next start verifies the records instead. */
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

function finishOpening(init: OpenInit, { connection, mark, database, verdict }: Opening): OpenedFile {
  const { file } = init;
  connection.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA foreign_keys = OFF');
  // Before the switch to WAL: after that, a crash would make the copy look like a journal in use.
  if (verdict?.kind === 'copy') markCopy(connection, verdict.life);
  makeDurable(connection, file, 'FULL');
  const life = beginLife(connection, verdict?.life ?? 0);
  const known = verdict === null || verdict.kind === 'copy' ? EMPTY_CONTENTS : verdict.contents;
  const contents = { now: contentsOf(connection, known) };
  connection.checkpoint();
  makeDurable(connection, file, 'NORMAL');
  const sums = PageSums.scan(database, connection.readNumber('PRAGMA page_size'));
  const disk = new JournalDisk({ ...init, life, mark, sums, databaseFd: database, contents: () => contents.now });
  disk.markCheckpointed();
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

/** @param known verified contents, which are not read again */
function contentsOf(connection: Connection, known: Contents): Contents {
  let { records, evidence, sum } = known;
  const recordsAfter = connection.prepare(
    'SELECT seq, offer, CAST(body AS BLOB) AS body FROM records WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  for (let rows = recordsAfter.all(records, ROWS_PER_QUERY); rows.length > 0;) {
    for (const { seq, offer, body } of rows) {
      sum = (sum + sumOfRecord(Number(seq), Number(offer), textOf(body))) >>> 0;
      records = Number(seq);
    }
    rows = recordsAfter.all(records, ROWS_PER_QUERY);
  }
  const evidenceAfter = connection.prepare(
    'SELECT rowid AS number, CAST(statements AS BLOB) AS statements FROM evidence WHERE rowid > ? ORDER BY rowid',
  );
  for (const { number, statements } of evidenceAfter.all(evidence)) {
    sum = (sum + sumOfEvidence(Number(number), textOf(statements))) >>> 0;
    evidence = Number(number);
  }
  return { records, evidence, sum, metaSum: sumOfMeta(readMeta(connection)) };
}

/** @returns null for an empty file: the first start ended before anything was written */
function readHeader(file: string): FileHeader | null {
  const { bytes, size } = readStart(file);
  if (size === 0) {
    assertNoStrayLog(file, 'is empty');
    return null;
  }
  if (size < HEADER_BYTES || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw corrupt(file, 'is not an SQLite file');
  }
  const version = bytes.readUInt32BE(USER_VERSION_AT);
  assertApplication(file, bytes.readUInt32BE(APPLICATION_ID_AT), version);
  const [writing, reading] = bytes.subarray(WRITE_VERSION_AT);
  // Both bytes must agree, so that a single damaged byte cannot turn a journal into a copy or back.
  if (writing !== reading || writing === undefined || writing < 1 || writing > 2) throw corrupt(file, 'is damaged');
  const isInWalMode = writing === 2;
  if (!isInWalMode) assertNoStrayLog(file, 'is a copy');
  // While there is a log, the last pages may exist only there.
  if (logBytes(file) === 0 && size < bytes.readUInt32BE(PAGE_COUNT_AT) * pageSize(bytes)) {
    throw corrupt(file, 'is cut off');
  }
  return { isCopy: !isInWalMode && version > 0, pageBytes: pageSize(bytes), version };
}

/** Opens the file for writing as well, so that missing permissions are found here. */
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

/** The newest header may be in the log, which only SQLite reads. Read-only, because SQLite would change the file otherwise. */
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

/** Zeros are allowed: the first start may have ended early, or the values are in the log. */
function assertApplication(file: string, application: number, version: number): void {
  if (application !== 0 && application !== APPLICATION_ID) throw foreign(file);
  if (application !== APPLICATION_ID || version <= SCHEMA_VERSION) return;
  throw new GrapevineError(
    'ERR_JOURNAL_NEWER',
    `${file} was written by a newer Grapevine (journal version ${version}, this one knows ${SCHEMA_VERSION}); ` +
      'it was not changed. Use the newer program',
  );
}

function foreign(file: string): GrapevineError {
  return corrupt(file, 'is a database of another program');
}
