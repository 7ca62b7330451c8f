/**
 * Opens the file of a journal, or refuses it. Whatever is not surely a journal of ours in a version that we know is left
 * byte for byte as it was: it is looked at without SQLite first, then by SQLite for reading only, and only then opened.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { GrapevineError } from '../protocol/errors.ts';
import { APPLICATION_ID, migrate, SCHEMA_VERSION } from './journal-schema.ts';
import { createFile } from './private-file.ts';
import { Connection, makeDurable } from './sqlite-connection.ts';

// Offsets in the header of an SQLite file: https://sqlite.org/fileformat.html
const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\0';
const PAGE_SIZE_AT = 16;
const WRITE_VERSION_AT = 18;
const PAGE_COUNT_AT = 28;
const USER_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;

export interface OpenedFile {
  readonly connection: Connection;
  /** It came from somewhere else: a journal in use is always in WAL mode, a copy made by SQLite never is. */
  readonly isCopy: boolean;
}

/**
 * Only who holds the lock of the folder may call this.
 * @throws GrapevineError ERR_JOURNAL_CORRUPT, ERR_JOURNAL_NEWER, ERR_JOURNAL_NOT_DURABLE
 */
export function openJournalFile(file: string): OpenedFile {
  const isNew = !existsSync(file);
  if (isNew) assertNoStrayLog(file, 'is missing');
  const header = isNew ? null : readHeader(file);
  if (header !== null) assertOurs(file);
  if (isNew) createFile(file);
  const connection = new Connection(file);
  try {
    makeDurable(connection, file);
    connection.exec('PRAGMA foreign_keys = ON');
    migrate(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
  return { connection, isCopy: header?.isCopy ?? false };
}

type Header = Pick<OpenedFile, 'isCopy'>;

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
  const isInWalMode = bytes[WRITE_VERSION_AT] === 2;
  if (!isInWalMode) assertNoStrayLog(file, 'is a copy');
  // As long as there is a log, the end of the file may be in there.
  if (logBytes(file) === 0 && size < bytes.readUInt32BE(PAGE_COUNT_AT) * pageSize(bytes)) {
    throw corrupt(file, 'is cut off');
  }
  return { isCopy: !isInWalMode && bytes.readUInt32BE(USER_VERSION_AT) > 0 };
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

function corrupt(file: string, problem: string): GrapevineError {
  return new GrapevineError('ERR_JOURNAL_CORRUPT', `${file} ${problem}; nothing was changed`);
}
