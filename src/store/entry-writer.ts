/**
 * Writes entries into the database, many in one transaction and with few statements: a call of SQLite costs more than a row.
 * An entry that the database refuses is found by writing all of them again one by one, and is left out alone.
 */
import { GrapevineError } from '../protocol/errors.ts';
import { makerIdOf, offerIdOf, type OfferKey } from '../protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../protocol/records.ts';
import { sumOfRecord } from './contents-sum.ts';
import { isConstraintViolation } from './journal-failure.ts';
import type { ContentsHolder } from './journal-mark.ts';
import { encodeRecord } from './record-codec.ts';
import { textOf, type Connection, type SqlValue, type Statement } from './sqlite-connection.ts';

/** A record in the form in which it is stored, without its number and that of its offer. */
type Row = readonly [type: string, at: number, taker: string | null, epoch: number | null, body: string];

/** An entry in the form in which it is stored. */
export interface EncodedEntry {
  readonly offer: OfferKey;
  /** Null when it has no records. */
  readonly role: string | null;
  readonly rows: readonly Row[];
  readonly finished: boolean;
  /** Of an offer of which the database certainly has no record. */
  readonly isNew: boolean;
}

/** @throws GrapevineError ERR_JOURNAL for records that can't be kept */
export function encodeEntry({ offer, records, finished }: JournalEntry, isNew: boolean): EncodedEntry {
  const role = records[0]?.role ?? null;
  if (records.some((record) => record.role !== role)) throw twoRoles(offer);
  return { offer, role, rows: records.map((record) => encodeRow(offer, record)), finished, isNew };
}

function encodeRow(offer: OfferKey, record: JournalRecord): Row {
  const content = record.record;
  const taker = 'taker' in content ? content.taker.id : null;
  const epoch = 'epoch' in content ? content.epoch : null;
  return [content.type, content.at, taker, epoch, encodeRecord(offer, record)];
}

/** An offer as it is, or will be, in the database. */
interface Known {
  readonly number: number;
  readonly role: string;
  finished: boolean;
}

/** What one transaction does. */
interface Plan {
  /** Values of all rows, one row behind the other. */
  readonly offers: SqlValue[];
  readonly records: SqlValue[];
  readonly changed: Map<OfferKey, Known>;
  readonly finished: Set<Known>;
  seq: number;
  sum: number;
}

/** Offers whose numbers are remembered; the others are looked up. */
const KNOWN_OFFERS_MAX = 10_000;

const ROWS_PER_STATEMENT_MAX = 16;

export class EntryWriter {
  readonly #connection: Connection;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #findOffer: Statement;
  readonly #finish: ByRows;
  readonly #resume: Statement;
  readonly #addOffers: ByRows;
  readonly #addRecords: ByRows;
  readonly #known = new Map<OfferKey, Known>();
  #nextOffer: number;
  readonly #contents: ContentsHolder;

  constructor(connection: Connection, contents: ContentsHolder) {
    this.#connection = connection;
    this.#begin = connection.prepare('BEGIN IMMEDIATE');
    this.#commit = connection.prepare('COMMIT');
    this.#findOffer = connection.prepare(
      'SELECT number, CAST(role AS BLOB) AS role, finished FROM offers WHERE offer_id = ? AND maker = ?',
    );
    this.#finish = new ByRows(connection, 1, (rows) => `UPDATE offers SET finished = 1 WHERE number IN (${rows})`);
    this.#resume = connection.prepare('UPDATE offers SET finished = 0 WHERE number = ?');
    this.#addOffers = new ByRows(connection, 5, (rows) => `INSERT INTO offers VALUES ${rows}`);
    this.#addRecords = new ByRows(connection, 7, (rows) => `INSERT INTO records VALUES ${rows}`);
    this.#nextOffer = connection.readNumber('SELECT coalesce(max(number), 0) FROM offers') + 1;
    this.#contents = contents;
  }

  /**
   * @returns for each entry null, or why it alone was refused
   * @throws what SQLite says when the transaction failed: then nobody knows what is on the disk
   */
  write(entries: readonly EncodedEntry[]): readonly (GrapevineError | null)[] {
    try {
      this.#writeTogether(entries);
      return entries.map(() => null);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return entries.length === 1 ? [refused(entries[0], error)] : entries.flatMap((entry) => this.write([entry]));
    }
  }

  #writeTogether(entries: readonly EncodedEntry[]): void {
    const before = { offer: this.#nextOffer, contents: this.#contents.now };
    try {
      this.#begin.run();
      const { records: seq, sum } = before.contents;
      const plan: Plan = { offers: [], records: [], changed: new Map(), finished: new Set(), seq, sum };
      for (const entry of entries) this.#plan(entry, plan);
      this.#addOffers.run(plan.offers);
      this.#addRecords.run(plan.records);
      this.#setFinished(plan.finished);
      this.#contents.now = { ...before.contents, records: plan.seq, sum: plan.sum };
      this.#commit.run();
      for (const [offer, known] of plan.changed) this.#remember(offer, known);
    } catch (error) {
      this.#nextOffer = before.offer;
      this.#contents.now = before.contents;
      this.#connection.rollBack();
      throw error;
    }
  }

  #setFinished(changed: ReadonlySet<Known>): void {
    const finished: number[] = [];
    for (const known of changed) {
      if (known.finished) finished.push(known.number);
      else this.#resume.run(known.number);
    }
    this.#finish.run(finished);
  }

  #plan({ offer, role, rows, finished, isNew }: EncodedEntry, plan: Plan): void {
    const known = plan.changed.get(offer) ?? (isNew ? null : this.#find(offer));
    if (known === null) {
      if (role !== null) this.#planOffer(offer, role, rows, finished, plan);
      return;
    }
    if (role !== null && known.role !== role) throw twoRoles(offer);
    plan.changed.set(offer, known);
    if (known.finished !== finished) {
      known.finished = finished;
      plan.finished.add(known);
    }
    this.#planRecords(known.number, rows, plan);
  }

  #planOffer(offer: OfferKey, role: string, rows: readonly Row[], finished: boolean, plan: Plan): void {
    const number = this.#nextOffer;
    this.#nextOffer += 1;
    plan.changed.set(offer, { number, role, finished });
    plan.offers.push(number, makerIdOf(offer), offerIdOf(offer), role, Number(finished));
    this.#planRecords(number, rows, plan);
  }

  #planRecords(offer: number, rows: readonly Row[], plan: Plan): void {
    for (const [type, at, taker, epoch, body] of rows) {
      plan.seq += 1;
      plan.sum = (plan.sum + sumOfRecord(plan.seq, offer, body)) >>> 0;
      plan.records.push(plan.seq, offer, type, at, taker, epoch, body);
    }
  }

  /** A copy: a plan that fails must leave no trace. */
  #find(offer: OfferKey): Known | null {
    const known = this.#known.get(offer);
    if (known !== undefined) return { ...known };
    const row = this.#findOffer.all(offerIdOf(offer), makerIdOf(offer))[0];
    if (row === undefined) return null;
    return { number: Number(row['number']), role: textOf(row['role']), finished: row['finished'] === 1 };
  }

  #remember(offer: OfferKey, known: Known): void {
    this.#known.delete(offer);
    if (known.finished) return;
    this.#known.set(offer, known);
    if (this.#known.size <= KNOWN_OFFERS_MAX) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

/** A statement about rows, as many as possible at once: a call of SQLite costs more than a row. */
class ByRows {
  readonly #connection: Connection;
  readonly #columns: number;
  readonly #sql: (rows: string) => string;
  /** By the number of rows. */
  readonly #statements = new Map<number, Statement>();

  /** @param sql the statement, given the places of its rows */
  constructor(connection: Connection, columns: number, sql: (rows: string) => string) {
    this.#connection = connection;
    this.#columns = columns;
    this.#sql = sql;
  }

  /** @param values of all rows, one row behind the other */
  run(values: readonly SqlValue[]): void {
    const max = ROWS_PER_STATEMENT_MAX * this.#columns;
    for (let from = 0; from < values.length; from += max) {
      const some = values.length <= max ? values : values.slice(from, from + max);
      this.#statement(some.length / this.#columns).runAll(some);
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
  return new GrapevineError('ERR_JOURNAL', `offer ${offer}: one can't be maker and taker of the same offer`);
}

/** One entry is at fault, not the disk. */
function isRefusal(error: unknown): boolean {
  return error instanceof GrapevineError ? error.code === 'ERR_JOURNAL' : isConstraintViolation(error);
}

function refused(entry: EncodedEntry | undefined, error: unknown): GrapevineError {
  if (error instanceof GrapevineError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new GrapevineError('ERR_JOURNAL', `the journal refuses an entry of offer ${entry?.offer ?? '?'}: ${text}`, {
    cause: error,
  });
}
