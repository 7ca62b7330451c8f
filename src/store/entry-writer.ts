/**
 * Writes entries into the database, many in one transaction: one wait for the disk for all of them. An entry that the
 * database refuses is taken back alone; an error of the disk takes all of them back.
 */
import { GrapevineError } from '../protocol/errors.ts';
import type { OfferKey } from '../protocol/ids.ts';
import type { JournalEntry } from '../protocol/records.ts';
import { isConstraintViolation } from './journal-failure.ts';
import { encodeRecord, partsOf } from './record-codec.ts';
import type { Connection, Statement } from './sqlite-connection.ts';

/** An entry in the form in which it is stored. */
export interface EncodedEntry {
  readonly offer: OfferKey;
  /** Null when it has no records. */
  readonly role: string | null;
  readonly bodies: readonly string[];
  readonly finished: boolean;
}

/** @throws GrapevineError ERR_JOURNAL for records that can't be kept */
export function encodeEntry({ offer, records, finished }: JournalEntry): EncodedEntry {
  const role = records[0]?.role ?? null;
  if (records.some((record) => record.role !== role)) throw twoRoles(offer);
  return { offer, role, bodies: records.map((record) => encodeRecord(offer, record)), finished };
}

const ADD_OFFER = 'INSERT INTO offers (maker, offer_id, role, finished) VALUES (?, ?, ?, ?) RETURNING number';

const ADD_RECORD = `
  INSERT INTO records (offer, body, type, at, taker, epoch)
  SELECT ?1, ?2, ?2 ->> '$.type', ?2 ->> '$.at', ?2 ->> '$.taker.id', ?2 ->> '$.epoch'`;

export class EntryWriter {
  readonly #connection: Connection;
  readonly #begin: Statement;
  readonly #savepoint: Statement;
  readonly #release: Statement;
  readonly #rollBackEntry: Statement;
  readonly #commit: Statement;
  readonly #findOffer: Statement;
  readonly #addOffer: Statement;
  readonly #setFinished: Statement;
  readonly #addRecord: Statement;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#begin = connection.prepare('BEGIN IMMEDIATE');
    this.#savepoint = connection.prepare('SAVEPOINT entry');
    this.#release = connection.prepare('RELEASE entry');
    this.#rollBackEntry = connection.prepare('ROLLBACK TO entry');
    this.#commit = connection.prepare('COMMIT');
    this.#findOffer = connection.prepare('SELECT number, role, finished FROM offers WHERE maker = ? AND offer_id = ?');
    this.#addOffer = connection.prepare(ADD_OFFER);
    this.#setFinished = connection.prepare('UPDATE offers SET finished = ? WHERE number = ?');
    this.#addRecord = connection.prepare(ADD_RECORD);
  }

  /**
   * @returns for each entry null, or why it alone was refused
   * @throws what SQLite says when the transaction failed: then nobody knows what is on the disk
   */
  write(entries: readonly EncodedEntry[]): readonly (GrapevineError | null)[] {
    try {
      this.#begin.run();
      const refusals = entries.map((entry) => this.#writeAlone(entry));
      this.#commit.run();
      return refusals;
    } catch (error) {
      this.#connection.rollBack();
      throw error;
    }
  }

  #writeAlone(entry: EncodedEntry): GrapevineError | null {
    this.#savepoint.run();
    try {
      this.#writeEntry(entry);
      return null;
    } catch (error) {
      if (!(error instanceof GrapevineError) && !isConstraintViolation(error)) throw error;
      this.#rollBackEntry.run();
      return refused(entry.offer, error);
    } finally {
      this.#release.run();
    }
  }

  #writeEntry({ offer, role, bodies, finished }: EncodedEntry): void {
    const known = this.#findOffer.all(...partsOf(offer))[0];
    if (known === undefined) {
      if (role !== null) this.#addRecords(this.#addOfferRow(offer, role, finished), bodies);
      return;
    }
    if (role !== null && known['role'] !== role) throw twoRoles(offer);
    const number = Number(known['number']);
    if (known['finished'] !== Number(finished)) this.#setFinished.run(Number(finished), number);
    this.#addRecords(number, bodies);
  }

  #addOfferRow(offer: OfferKey, role: string, finished: boolean): number {
    return Number(this.#addOffer.all(...partsOf(offer), role, Number(finished))[0]?.['number']);
  }

  #addRecords(number: number, bodies: readonly string[]): void {
    for (const body of bodies) this.#addRecord.run(number, body);
  }
}

function twoRoles(offer: OfferKey): GrapevineError {
  return new GrapevineError('ERR_JOURNAL', `offer ${offer}: one can't be maker and taker of the same offer`);
}

function refused(offer: OfferKey, error: unknown): GrapevineError {
  if (error instanceof GrapevineError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new GrapevineError('ERR_JOURNAL', `the journal refuses an entry of offer ${offer}: ${text}`, { cause: error });
}
