/** Opens a journal read-only, of a stopped or a running desk. Changes nothing, counts no life, and never blocks a desk. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Archive } from '../ports/archive.ts';
import type { Evidence } from '../ports/evidence.ts';
import type { Journal } from '../ports/journal.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { lockFolder } from './folder-lock.ts';
import { journalFailure } from './journal-failure.ts';
import { verifyFile } from './journal-file.ts';
import { JOURNAL_FILE } from './journal-name.ts';
import { JournalReader } from './journal-reader.ts';
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
  let connection: Connection | null = null;
  try {
    connection = openVerified(file, resolve(dataDir));
    return readerOf(file, connection);
  } catch (error) {
    connection?.close();
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

function readerOf(file: string, connection: Connection): ReadJournal {
  const reader = new JournalReader(connection);
  let isClosed = false;
  const read = async <Result>(work: () => Result): Promise<Result> => {
    if (isClosed) throw new GrapevineError('ERR_JOURNAL', `${file} is closed`);
    // One read per turn, so that a long export does not block the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      return work();
    } catch (error) {
      throw journalFailure(error, file);
    }
  };
  return {
    file,
    owner: reader.owner() as PeerId | null,
    readOffer: (offer) => read(() => reader.readOffer(offer)),
    readUnfinished: () => read(() => reader.readUnfinished()),
    findOffers: (idPrefix, limit) => read(() => reader.findOffers(idPrefix, limit)),
    readDeals: (query) => read(() => reader.readDeals(query)),
    countDeals: (filter) => read(() => reader.countDeals(filter)),
    readFinished: (page) => read(() => reader.readFinished(page)),
    readEvidence: () => read(() => reader.readEvidence()),
    close: () => {
      if (!isClosed) connection.close();
      isClosed = true;
    },
  };
}
