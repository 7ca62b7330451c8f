/** Opens a journal read-only, of a stopped or a running desk. Changes nothing, counts no life, and never blocks a desk. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Archive, DealsFilter, StoredDealsQuery, StoredPage } from '../ports/archive.ts';
import type { Equivocation, Evidence } from '../ports/evidence.ts';
import type { Journal, StoredOffer } from '../ports/journal.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { OfferKey, PeerId } from '../protocol/ids.ts';
import type { JournalRecord } from '../protocol/records.ts';
import { lockFolder } from './folder-lock.ts';
import { journalFailure } from './journal-failure.ts';
import { verifyFile } from './journal-file.ts';
import { JOURNAL_FILE } from './journal-name.ts';
import { JournalReader, type FinishedQuery } from './journal-reader.ts';
import { Connection } from './sqlite-connection.ts';

/** A read-only journal. */
export interface ReadJournal
  extends Archive, Pick<Journal, 'readOffer' | 'readUnfinished'>, Pick<Evidence, 'readEvidence'> {
  readonly file: string;
  /** The desk that claimed the journal; null when it is not claimed yet. */
  readonly owner: PeerId | null;
  /** Safe to call twice. */
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

/** The files of a running desk change, so they cannot be compared with their mark. The desk did that when it started. */
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
    if (verifyFile(file) === null) throw new GrapevineError('ERR_USAGE', `${file} is empty`);
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
    // One read per turn, so that a long export does not block the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      return work(this.#reader);
    } catch (error) {
      throw journalFailure(error, this.file);
    }
  }
}
