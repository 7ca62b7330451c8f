/**
 * A connection to an SQLite file, as the journal needs it: durable, and said to be so by SQLite itself. `libsql` is met here
 * and nowhere else. Two of its ways matter to us: a prepared statement keeps the file open after `close` (so locks are given
 * back by hand), and reads end only when all rows were taken (so `iterate` is not used).
 */
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import AsyncDatabase from 'libsql/promise';
import { GrapevineError } from '../protocol/errors.ts';

/** Text of a column that was read with `CAST(... AS BLOB)`. */
const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true });

/** How long another program may hold the file, as somebody at `sqlite3` can; our own process waits meanwhile. */
const BUSY_TIMEOUT_MS = 5_000;

/** PRAGMA synchronous, as it is read back. */
export const SYNCHRONOUS = { NORMAL: 1, FULL: 2 } as const;

export type SqlValue = string | number | null;
export type Row = Readonly<Record<string, unknown>>;

export interface Statement {
  run(...values: SqlValue[]): void;
  /** The same with values that are in an array already, of any length. */
  runAll(values: readonly SqlValue[]): void;
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
      run: (...values) => void statement.run(values),
      runAll: (values) => void statement.run(values),
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

  /** Copies the log into the database and empties it, as far as no reader is in the way. Waits for none. */
  foldLog(): void {
    this.exec('PRAGMA busy_timeout = 0');
    this.readRow('PRAGMA wal_checkpoint(TRUNCATE)');
    this.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }

  close(): void {
    this.#database.close();
  }
}

/**
 * Text that was read as bytes. libsql ends the process when the text of a column is no UTF-8, which in a damaged file it may
 * not be; so every text of a journal is read with `CAST(column AS BLOB)`.
 * @throws GrapevineError ERR_JOURNAL_CORRUPT
 */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    // libsql gives an empty text as an empty one of some kind.
    return STRICT_UTF8.decode(value instanceof Uint8Array ? value : new Uint8Array(value as ArrayBuffer));
  } catch (error) {
    throw new GrapevineError('ERR_JOURNAL_CORRUPT', 'the journal is damaged: a text in it is no UTF-8', {
      cause: error,
    });
  }
}

/**
 * WAL, and the level of syncing that was asked for: set on each open, because it is not kept in the file, and read back,
 * because there are bindings and file systems that do not do what they are told. Checkpoints are made by us alone.
 * @param level `FULL`: a commit is on the disk when it returns. `NORMAL`: it is in the log when it returns, and the log has to
 * be synced; a checkpoint syncs it first in any case, and the database before the log may be used again.
 * @throws GrapevineError ERR_JOURNAL_NOT_DURABLE
 */
export function makeDurable(
  connection: Pick<Connection, 'exec' | 'readValue'>,
  file: string,
  level: keyof typeof SYNCHRONOUS,
): void {
  const journalMode = connection.readValue('PRAGMA journal_mode = WAL');
  connection.exec('PRAGMA wal_autocheckpoint = 0');
  // On a Mac fsync alone leaves the data in the memory of the disk.
  connection.exec(`PRAGMA synchronous = ${level}; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON`);
  const synchronous = connection.readValue('PRAGMA synchronous');
  const autoCheckpoint = connection.readValue('PRAGMA wal_autocheckpoint');
  if (journalMode === 'wal' && synchronous === SYNCHRONOUS[level] && autoCheckpoint === 0) return;
  throw new GrapevineError(
    'ERR_JOURNAL_NOT_DURABLE',
    `${file} can't be written safely here: SQLite says journal_mode ${String(journalMode)}, synchronous ` +
      `${String(synchronous)}, wal_autocheckpoint ${String(autoCheckpoint)}; it must be wal, ${SYNCHRONOUS[level]} and 0. ` +
      'Put the data folder on a local disk.',
  );
}

/** Copies the log into the database, beside the event loop, as far as no reader is in the way. */
export class Checkpointer {
  readonly #file: string;
  #database: InstanceType<typeof AsyncDatabase> | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  async run(): Promise<void> {
    this.#database ??= new AsyncDatabase(this.#file, { timeout: BUSY_TIMEOUT_MS });
    await (this.#database.exec(
      'PRAGMA synchronous = FULL; PRAGMA checkpoint_fullfsync = ON; PRAGMA wal_checkpoint(PASSIVE)',
    ) as Promise<void>);
  }

  close(): void {
    this.#database?.close();
    this.#database = null;
  }
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
