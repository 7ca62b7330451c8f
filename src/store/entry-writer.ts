/**
 * Writes entries into the database: many in one transaction and with few statements, because a call of SQLite costs more than a row. If
 * the database rejects an entry, all are written again one by one, so that only this entry is left out.
 */
import { GrapevineError } from '../protocol/errors.ts';
import { makerIdOf, offerIdOf, type OfferKey } from '../protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../protocol/records.ts';
import { sumOfRecord } from './contents-sum.ts';
import { isConstraintViolation } from './journal-failure.ts';
import type { ContentsHolder } from './journal-mark.ts';
import { encodeRecord } from './record-codec.ts';
import { textOf, type Connection, type SqlValue, type Statement } from './sqlite-connection.ts';

/** A row of `records`, without its number and the number of its offer. */
type RecordRow = readonly [type: string, at: number, taker: string | null, epoch: number | null, body: string];

/** An entry as rows of the database. */
export interface EncodedEntry {
  readonly offer: OfferKey;
  /** Null for an entry without records. */
  readonly role: string | null;
  readonly rows: readonly RecordRow[];
  readonly finished: boolean;
  /** The database certainly has no record of this offer. */
  readonly isNew: boolean;
}

/** @throws GrapevineError ERR_JOURNAL for invalid records */
export function encodeEntry({ offer, records, finished }: JournalEntry, isNew: boolean): EncodedEntry {
  const role = records[0]?.role ?? null;
  if (records.some((record) => record.role !== role)) throw twoRoles(offer);
  return { offer, role, rows: records.map((record) => encodeRow(offer, record)), finished, isNew };
}

function encodeRow(offer: OfferKey, record: JournalRecord): RecordRow {
  const content = record.record;
  const taker = 'taker' in content ? content.taker.id : null;
  const epoch = 'epoch' in content ? content.epoch : null;
  return [content.type, content.at, taker, epoch, encodeRecord(offer, record)];
}

/** A row of `offers` that is, or will be, in the database. */
interface StoredRow {
  readonly number: number;
  readonly role: string;
  finished: boolean;
}

/** The changes of one transaction. */
interface Plan {
  /** Values of all rows, one row after another. */
  readonly offers: SqlValue[];
  readonly records: SqlValue[];
  /** The known offers of these entries. */
  readonly touched: Map<OfferKey, StoredRow>;
  /** Those whose `finished` has changed. */
  readonly switched: Set<StoredRow>;
  seq: number;
  sum: number;
}

/** Size of the cache of unfinished offers; the others are read from the database. */
const KNOWN_OFFERS_MAX = 10_000;

const ROWS_PER_STATEMENT_MAX = 16;

export class EntryWriter {
  readonly #connection: Connection;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #findOffer: Statement;
  readonly #finish: BulkStatement;
  readonly #resume: Statement;
  readonly #addOffers: BulkStatement;
  readonly #addRecords: BulkStatement;
  readonly #known = new Map<OfferKey, StoredRow>();
  #nextOffer: number;
  readonly #contents: ContentsHolder;

  constructor(connection: Connection, contents: ContentsHolder) {
    this.#connection = connection;
    this.#begin = connection.prepare('BEGIN IMMEDIATE');
    this.#commit = connection.prepare('COMMIT');
    this.#findOffer = connection.prepare(
      'SELECT number, CAST(role AS BLOB) AS role, finished FROM offers WHERE offer_id = ? AND maker = ?',
    );
    this.#finish = new BulkStatement(
      connection,
      1,
      (rows) => `UPDATE offers SET finished = 1 WHERE number IN (${rows})`,
    );
    this.#resume = connection.prepare('UPDATE offers SET finished = 0 WHERE number = ?');
    this.#addOffers = new BulkStatement(connection, 5, (rows) => `INSERT INTO offers VALUES ${rows}`);
    this.#addRecords = new BulkStatement(connection, 7, (rows) => `INSERT INTO records VALUES ${rows}`);
    this.#nextOffer = connection.readNumber('SELECT coalesce(max(number), 0) FROM offers') + 1;
    this.#contents = contents;
  }

  /**
   * @returns for each entry null, or why it was rejected
   * @throws the error of SQLite when the transaction failed: then it is unknown what was stored
   */
  write(entries: readonly EncodedEntry[]): readonly (GrapevineError | null)[] {
    try {
      this.#writeTogether(entries);
      return entries.map(() => null);
    } catch (error) {
      if (!isRejection(error)) throw error;
      return entries.length === 1 ? [rejectionOf(entries[0], error)] : entries.flatMap((entry) => this.write([entry]));
    }
  }

  #writeTogether(entries: readonly EncodedEntry[]): void {
    const before = { offer: this.#nextOffer, contents: this.#contents.now };
    try {
      this.#begin.run();
      const { records: seq, sum } = before.contents;
      const plan: Plan = { offers: [], records: [], touched: new Map(), switched: new Set(), seq, sum };
      for (const entry of entries) this.#plan(entry, plan);
      this.#addOffers.run(plan.offers);
      this.#addRecords.run(plan.records);
      this.#setFinished(plan.switched);
      this.#contents.now = { ...before.contents, records: plan.seq, sum: plan.sum };
      this.#commit.run();
      for (const [offer, known] of plan.touched) this.#remember(offer, known);
    } catch (error) {
      this.#nextOffer = before.offer;
      this.#contents.now = before.contents;
      this.#connection.rollBack();
      throw error;
    }
  }

  #setFinished(switched: ReadonlySet<StoredRow>): void {
    const finished: number[] = [];
    for (const known of switched) {
      if (known.finished) finished.push(known.number);
      else this.#resume.run(known.number);
    }
    this.#finish.run(finished);
  }

  #plan({ offer, role, rows, finished, isNew }: EncodedEntry, plan: Plan): void {
    const known = plan.touched.get(offer) ?? (isNew ? null : this.#find(offer));
    if (known === null) {
      if (role !== null) this.#planOffer(offer, role, rows, finished, plan);
      return;
    }
    if (role !== null && known.role !== role) throw twoRoles(offer);
    plan.touched.set(offer, known);
    if (known.finished !== finished) {
      known.finished = finished;
      plan.switched.add(known);
    }
    this.#planRecords(known.number, rows, plan);
  }

  #planOffer(offer: OfferKey, role: string, rows: readonly RecordRow[], finished: boolean, plan: Plan): void {
    const number = this.#nextOffer;
    this.#nextOffer += 1;
    plan.touched.set(offer, { number, role, finished });
    plan.offers.push(number, makerIdOf(offer), offerIdOf(offer), role, Number(finished));
    this.#planRecords(number, rows, plan);
  }

  #planRecords(offer: number, rows: readonly RecordRow[], plan: Plan): void {
    for (const [type, at, taker, epoch, body] of rows) {
      plan.seq += 1;
      plan.sum = (plan.sum + sumOfRecord(plan.seq, offer, body)) >>> 0;
      plan.records.push(plan.seq, offer, type, at, taker, epoch, body);
    }
  }

  /** Returns a copy, because the caller changes it, and its transaction may fail. */
  #find(offer: OfferKey): StoredRow | null {
    const known = this.#known.get(offer);
    if (known !== undefined) return { ...known };
    const row = this.#findOffer.all(offerIdOf(offer), makerIdOf(offer))[0];
    if (row === undefined) return null;
    return { number: Number(row['number']), role: textOf(row['role']), finished: row['finished'] === 1 };
  }

  #remember(offer: OfferKey, known: StoredRow): void {
    this.#known.delete(offer);
    if (known.finished) return;
    this.#known.set(offer, known);
    if (this.#known.size <= KNOWN_OFFERS_MAX) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

/** A statement that is executed for many rows at once. */
class BulkStatement {
  readonly #connection: Connection;
  readonly #columns: number;
  readonly #sql: (rows: string) => string;
  /** Prepared statements by number of rows. */
  readonly #statements = new Map<number, Statement>();

  /** @param sql the statement for the given placeholders */
  constructor(connection: Connection, columns: number, sql: (rows: string) => string) {
    this.#connection = connection;
    this.#columns = columns;
    this.#sql = sql;
  }

  /** @param values of all rows, one row after another */
  run(values: readonly SqlValue[]): void {
    const max = ROWS_PER_STATEMENT_MAX * this.#columns;
    for (let from = 0; from < values.length; from += max) {
      const some = values.length <= max ? values : values.slice(from, from + max);
      this.#statement(some.length / this.#columns).run(...some);
    }
  }

  #statement(rows: number): Statement {
    const known = this.#statements.get(rows);
    if (known !== undefined) return known;
    const row = `(${Array.from({ length: this.#columns }, () => '?').join(', ')})`;
    const made = this.#connection.prepare(this.#sql(Array.from({ length: rows }, () => row).join(', ')));
    this.#statements.set(rows, made);
    return made;
  }
}

function twoRoles(offer: OfferKey): GrapevineError {
  return new GrapevineError('ERR_JOURNAL', `offer ${offer}: a desk cannot be maker and taker of the same offer`);
}

/** The entry is invalid; the disk and the file are fine. */
function isRejection(error: unknown): boolean {
  return error instanceof GrapevineError ? error.code === 'ERR_JOURNAL' : isConstraintViolation(error);
}

function rejectionOf(entry: EncodedEntry | undefined, error: unknown): GrapevineError {
  if (error instanceof GrapevineError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new GrapevineError('ERR_JOURNAL', `the journal rejects an entry of offer ${entry?.offer ?? '?'}: ${text}`, {
    cause: error,
  });
}
