/**
 * A journal for reading alone: of a desk that is stopped, or beside one that is running. Changes nothing, counts no life, and
 * is never in a desk's way.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Archive, DealsFilter, StoredDealsQuery, StoredPage } from '../ports/archive.ts';
import type { Equivocation } from '../ports/evidence.ts';
import type { StoredOffer } from '../ports/journal.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { OfferKey, PeerId } from '../protocol/ids.ts';
import type { JournalRecord } from '../protocol/records.ts';
import { lockFolder } from './folder-lock.ts';
import { journalFailure } from './journal-failure.ts';
import { examineBefore } from './journal-file.ts';
import { JOURNAL_FILE } from './journal-name.ts';
import { JournalReader, type FinishedQuery } from './journal-reader.ts';
import { Connection } from './sqlite-connection.ts';

/** What can be asked of a journal that is not written. */
export interface ReadJournal extends Archive {
  readonly file: string;
  /** Whose journal it is; null when nobody has said so yet. */
  readonly owner: PeerId | null;
  /** All records of one offer; empty when there are none. */
  readOffer(offer: OfferKey): Promise<readonly JournalRecord[]>;
  /** Every offer that its desk is not through with, in the order of their first records. */
  readUnfinished(): Promise<readonly StoredOffer[]>;
  readEvidence(): Promise<readonly Equivocation[]>;
  /** Can be repeated. */
  close(): void;
}

/**
 * @throws GrapevineError ERR_USAGE when there is no journal in the folder; ERR_JOURNAL_CORRUPT, ERR_JOURNAL_NEWER;
 * ERR_JOURNAL for the rest
 */
export function openJournalReader(dataDir: string): ReadJournal {
  const file = join(resolve(dataDir), JOURNAL_FILE);
  if (!existsSync(file)) throw new GrapevineError('ERR_USAGE', `there is no journal of a desk in ${resolve(dataDir)}`);
  try {
    return new SqliteReader(file, openVerified(file, resolve(dataDir)));
  } catch (error) {
    throw journalFailure(error, file);
  }
}

/** The files of a desk that is running can't be compared with their mark: they change. It has done so when it started. */
function openVerified(file: string, dataDir: string): Connection {
  let lock;
  try {
    lock = lockFolder(dataDir);
  } catch (error) {
    if (error instanceof GrapevineError && error.code === 'ERR_JOURNAL_LOCKED')
      return new Connection(file, { readOnly: true });
    throw error;
  }
  try {
    if (examineBefore(file) === null) throw new GrapevineError('ERR_USAGE', `${file} is empty`);
    return new Connection(file, { readOnly: true });
  } finally {
    lock.release();
  }
}

class SqliteReader implements ReadJournal {
  readonly file: string;
  readonly owner: PeerId | null;
  readonly #connection: Connection;
  readonly #reader: JournalReader;
  #isClosed = false;

  constructor(file: string, connection: Connection) {
    this.file = file;
    this.#connection = connection;
    try {
      this.#reader = new JournalReader(connection);
      this.owner = this.#reader.owner() as PeerId | null;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  readOffer(offer: OfferKey): Promise<readonly JournalRecord[]> {
    return this.#read((reader) => reader.readOffer(offer));
  }

  readUnfinished(): Promise<readonly StoredOffer[]> {
    return this.#read((reader) => reader.readUnfinished());
  }

  findOffers(idPrefix: string, limit: number): Promise<readonly StoredOffer[]> {
    return this.#read((reader) => reader.findOffers(idPrefix, limit));
  }

  readDeals(query: StoredDealsQuery): Promise<StoredPage> {
    return this.#read((reader) => reader.readDeals(query));
  }

  countDeals(filter: DealsFilter): Promise<number> {
    return this.#read((reader) => reader.countDeals(filter));
  }

  readFinished(page: FinishedQuery): Promise<StoredPage> {
    return this.#read((reader) => reader.readFinished(page));
  }

  readEvidence(): Promise<readonly Equivocation[]> {
    return this.#read((reader) => reader.readEvidence());
  }

  close(): void {
    if (!this.#isClosed) this.#connection.close();
    this.#isClosed = true;
  }

  async #read<Result>(work: (reader: JournalReader) => Result): Promise<Result> {
    if (this.#isClosed) throw new GrapevineError('ERR_JOURNAL', `${this.file} is closed`);
    // One page a turn: a long export leaves the event loop free.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      return work(this.#reader);
    } catch (error) {
      throw journalFailure(error, this.file);
    }
  }
}
