/**
 * A connection to an SQLite file, as the journal needs it: durable, and said to be so by SQLite itself. `libsql` is met here
 * and nowhere else. Two of its ways matter to us: a prepared statement keeps the file open after `close` (so locks are given
 * back by hand), and reads end only when all rows were taken (so `iterate` is not used).
 */
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import AsyncDatabase from 'libsql/promise';
import { GrapevineError } from '../protocol/errors.ts';

/** How long another program may hold the file, as somebody at `sqlite3` can; our own process waits meanwhile. */
const BUSY_TIMEOUT_MS = 5_000;

/** PRAGMA synchronous, as it is read back. */
const SYNCHRONOUS_FULL = 2;

export type SqlValue = string | number;
export type Row = Readonly<Record<string, unknown>>;

export interface Statement {
  run(...values: SqlValue[]): void;
  all(...values: SqlValue[]): readonly Row[];
}

export class Connection {
  readonly #database: ReturnType<typeof Database>;

  constructor(file: string, options: { readonly readOnly?: boolean; readonly busyTimeoutMs?: number } = {}) {
    const name = options.readOnly === true ? readOnlyUrl(file) : file;
    this.#database = new Database(name, { timeout: options.busyTimeoutMs ?? BUSY_TIMEOUT_MS });
  }

  prepare(sql: string): Statement {
    const statement = this.#database.prepare(sql);
    return {
      run: (...values) => void statement.run(...values),
      all: (...values) => statement.all(...values) as Row[],
    };
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  readRow(sql: string): Row {
    return this.prepare(sql).all()[0] ?? {};
  }

  /** The single value of a query or a pragma. */
  readValue(sql: string): unknown {
    return Object.values(this.readRow(sql))[0];
  }

  readNumber(sql: string): number {
    return Number(this.readValue(sql));
  }

  inTransaction(work: () => void): void {
    this.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.exec('COMMIT');
    } catch (error) {
      this.rollBack();
      throw error;
    }
  }

  /** SQLite may have done it already, after an error of the disk. */
  rollBack(): void {
    if (this.#database.inTransaction) this.exec('ROLLBACK');
  }

  close(): void {
    this.#database.close();
  }
}

/**
 * Every commit reaches the disk before it returns: set on each open, because it is not kept in the file, and read back,
 * because there are bindings and file systems that do not do what they are told.
 * @throws GrapevineError ERR_JOURNAL_NOT_DURABLE
 */
export function makeDurable(connection: Pick<Connection, 'exec' | 'readValue'>, file: string): void {
  const journalMode = connection.readValue('PRAGMA journal_mode = WAL');
  // On a Mac fsync alone leaves the data in the memory of the disk.
  connection.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON');
  const synchronous = connection.readValue('PRAGMA synchronous');
  if (journalMode === 'wal' && synchronous === SYNCHRONOUS_FULL) return;
  throw new GrapevineError(
    'ERR_JOURNAL_NOT_DURABLE',
    `${file} can't be written safely here: SQLite says journal_mode ${String(journalMode)}, synchronous ` +
      `${String(synchronous)}; it must be wal and ${SYNCHRONOUS_FULL}. Put the data folder on a local disk.`,
  );
}

/** A consistent copy of a database that is in use, made beside the event loop. `to` must be missing or empty. */
export async function copyDatabase(from: string, to: string): Promise<void> {
  const source = new AsyncDatabase(readOnlyUrl(from), { timeout: BUSY_TIMEOUT_MS });
  try {
    await (source.exec(`VACUUM INTO '${to.replaceAll("'", "''")}'`) as Promise<void>);
  } finally {
    source.close();
  }
}

function readOnlyUrl(file: string): string {
  return `${pathToFileURL(file).href}?mode=ro`;
}
