/**
 * Connections to SQLite files; the only module that uses `libsql`. Two of its properties matter: a prepared statement keeps the file open
 * after `close` (so locks are released explicitly), and a read ends only when all rows were read (so `iterate` is not used).
 */
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import AsyncDatabase from 'libsql/promise';
import { GrapevineError } from '../protocol/errors.ts';

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true });

/** How long to wait for a lock of another program, such as `sqlite3`. Blocks the event loop. */
const BUSY_TIMEOUT_MS = 5_000;

/** The values of PRAGMA synchronous. */
export const SYNCHRONOUS = { NORMAL: 1, FULL: 2 } as const;

export type SqlValue = string | number | null;
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
      run: (...values) => void statement.run(values),
      all: (...values) => statement.all(...values) as Row[],
    };
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  readRow(sql: string): Row {
    return this.prepare(sql).all()[0] ?? {};
  }

  /** The single value of a query or pragma. */
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

  /** Does nothing if SQLite already rolled back, as after a disk error. */
  rollBack(): void {
    if (this.#database.inTransaction) this.exec('ROLLBACK');
  }

  /** Copies the log into the database and truncates it, as far as readers allow. Does not wait for readers. */
  checkpoint(): void {
    this.exec('PRAGMA busy_timeout = 0');
    this.readRow('PRAGMA wal_checkpoint(TRUNCATE)');
    this.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }

  close(): void {
    this.#database.close();
  }
}

/**
 * Decodes a text that was read with `CAST(column AS BLOB)`, as every text of a journal must be: libsql crashes the process when a text
 * column is not valid UTF-8, as in a damaged file.
 * @throws GrapevineError ERR_JOURNAL_CORRUPT
 */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    // The type that libsql returns for an empty blob varies.
    return STRICT_UTF8.decode(value instanceof Uint8Array ? value : new Uint8Array(value as ArrayBuffer));
  } catch (error) {
    throw new GrapevineError('ERR_JOURNAL_CORRUPT', 'the journal is damaged: a text in it is not valid UTF-8', {
      cause: error,
    });
  }
}

/**
 * Sets WAL mode and the level of syncing, and disables automatic checkpoints. Must run at each open, because the file does not store
 * these settings. Reads them back, because some bindings and file systems ignore them.
 * @param level `FULL`: a commit is on the disk when it returns. `NORMAL`: it is in the log, which must still be synced; a checkpoint syncs
 * the log first, and the database before the log is reused
 * @throws GrapevineError ERR_JOURNAL_NOT_DURABLE
 */
export function makeDurable(
  connection: Pick<Connection, 'exec' | 'readValue'>,
  file: string,
  level: keyof typeof SYNCHRONOUS,
): void {
  const journalMode = connection.readValue('PRAGMA journal_mode = WAL');
  connection.exec('PRAGMA wal_autocheckpoint = 0');
  // On macOS, fsync alone leaves the data in the cache of the disk.
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

/** Copies the log into the database on another thread, as far as readers allow. */
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

/** Makes a consistent copy of a database in use, on another thread. `to` must be missing or empty. */
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
