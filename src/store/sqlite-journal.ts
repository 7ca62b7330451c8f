/**
 * The journal on SQLite: what survives. `append` resolves when the entry is on the disk, and not earlier; the database
 * refuses what would break a promise (journal-schema.ts). It is opened by open-sqlite-journal.ts.
 *
 * SQLite is called synchronously and writes into the memory of the system; the disk is waited for beside the event loop
 * (journal-disk.ts), by all who wait together (commit-queue.ts).
 */
import type { Archive, DealsFilter, StoredDealsQuery, StoredPage } from '../ports/archive.ts';
import type { Equivocation, Evidence } from '../ports/evidence.ts';
import type { Journal, StoredOffer } from '../ports/journal.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { offerIdOf, type OfferId, type OfferKey, type PeerId } from '../protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../protocol/records.ts';
import { CommitQueue, type CommitCounts, type Schedule } from './commit-queue.ts';
import { closeJournalFile } from './close-journal-file.ts';
import { encodeEntry, EntryWriter, type EncodedEntry } from './entry-writer.ts';
import type { FolderLock } from './folder-lock.ts';
import { backUpJournal } from './journal-backup.ts';
import type { JournalDisk } from './journal-disk.ts';
import { journalFailure } from './journal-failure.ts';
import type { OpenedFile } from './journal-file.ts';
import { JournalMeta } from './journal-meta.ts';
import { JournalReader, type FinishedQuery } from './journal-reader.ts';
import type { BufferedSignal } from './buffered-signal.ts';
import type { OfferFilter } from './offer-filter.ts';
import type { Connection } from './sqlite-connection.ts';
import { writeEvidence } from './write-evidence.ts';

/** How long an append may trust that the files are where they were. */
const PLACE_CHECK_MS = 10;

export interface JournalOptions {
  /** The journal does not grow beyond this: ERR_JOURNAL_FULL. By default the disk is the limit. */
  readonly fileMaxBytes?: number | undefined;
  /** When what was appended is committed: by default at the end of this turn of the event loop. */
  readonly schedule?: Schedule | undefined;
  /** The disk is waited for on the event loop: for tests and simulations, where nothing may happen meanwhile. */
  readonly syncsInline?: boolean | undefined;
}

export class SqliteJournal implements Journal, Evidence, Archive {
  readonly file: string;
  readonly life: number;
  readonly #opened: OpenedFile;
  readonly #lock: FolderLock;
  readonly #queue: CommitQueue<EncodedEntry>;
  readonly #reader: JournalReader;
  /** Offers with records, those that wait to be written too. */
  readonly #offers: OfferFilter;
  readonly #backups = new Set<Promise<void>>();
  #placeCheckedAt = 0;
  readonly #meta: JournalMeta;
  #closing: Promise<void> | null = null;

  constructor(
    file: string,
    opened: OpenedFile,
    lock: FolderLock,
    failures: BufferedSignal<unknown>,
    init: JournalOptions,
  ) {
    const { connection, disk, life, contents } = opened;
    this.file = file;
    this.life = life;
    this.#opened = opened;
    this.#lock = lock;
    if (init.fileMaxBytes !== undefined) limitFile(connection, init.fileMaxBytes);
    this.#meta = new JournalMeta(opened);
    this.#reader = new JournalReader(connection);
    this.#offers = this.#reader.offerFilter();
    const writer = new EntryWriter(connection, contents);
    this.#queue = new CommitQueue<EncodedEntry>(
      {
        write: (entries) => this.#guard(() => writer.write(entries)),
        sync: () => this.#guarded(init.syncsInline === true ? inline(disk) : disk.sync()),
        tidyUp: () => (disk.isCheckpointDue ? this.#guarded(disk.checkpoint()) : null),
      },
      init.schedule,
    );
    failures.listen((error) => {
      this.#queue.fail(journalFailure(error, this.file));
    });
  }

  get failed(): Promise<GrapevineError> {
    return this.#queue.failed;
  }

  /** For metrics: entries by syncs is what one wait for the disk was shared by. */
  get counts(): CommitCounts {
    return this.#queue.counts;
  }

  /** 1, and one more for each time that a copy was put in this journal's place. */
  get generation(): number {
    return this.#meta.generation;
  }

  /**
   * True when this is a copy that was put in place of a journal: it may have forgotten awards. Nothing may be awarded from
   * what it has not finished, until `beginGeneration`.
   */
  get restored(): boolean {
    return this.#meta.restored;
  }

  /**
   * Says whose journal this is. From the first time on it is nobody else's: another key beside it would be a new identity in
   * silence, and the deals in here would be nobody's.
   * @throws GrapevineError ERR_KEY_FILE
   */
  claim(desk: PeerId): void {
    const owner = this.#guard(() => this.#reader.owner());
    if (owner === null) {
      this.#guard(() => {
        this.#meta.setOwner(desk);
      });
    } else if (owner !== desk) {
      throw new GrapevineError(
        'ERR_KEY_FILE',
        `${this.file} is the journal of desk ${owner}, and the key beside it is that of ${desk}; put the right ` +
          'key back, or use another data folder',
      );
    }
  }

  async append(entry: JournalEntry): Promise<void> {
    this.#assertUsable();
    await this.#queue.add(this.#encode(entry));
  }

  appendLazy(entry: JournalEntry): void {
    this.#assertUsable();
    try {
      this.#queue.addLazy(this.#encode(entry));
    } catch (error) {
      // What follows would be built on an entry that is not there.
      this.#queue.fail(error as GrapevineError);
      throw error;
    }
  }

  #encode(entry: JournalEntry): EncodedEntry {
    const offerId = offerIdOf(entry.offer);
    const isNew = !this.#offers.mayHave(offerId);
    const encoded = encodeEntry(entry, isNew);
    if (isNew) this.#offers.add(offerId);
    return encoded;
  }

  /** Looks where the files are in any case: who asks this wants to know how it stands now. */
  async sync(): Promise<void> {
    this.#assertUsable(0);
    await this.#queue.sync();
  }

  mayHave(offer: OfferKey): boolean {
    return this.#offers.mayHave(offerIdOf(offer));
  }

  readOffer(offer: OfferKey): Promise<readonly JournalRecord[]> {
    return this.#queue.read(
      () => this.#guard(() => this.#reader.readOffer(offer)),
      (entry) => entry.offer === offer,
    );
  }

  readLatestUnder(reference: string): Promise<StoredOffer | null> {
    return this.#read((reader) => reader.readLatestUnder(reference));
  }

  readRenewalOf(offerId: OfferId): Promise<StoredOffer | null> {
    return this.#read((reader) => reader.readRenewalOf(offerId));
  }

  readUnfinished(): Promise<readonly StoredOffer[]> {
    return this.#read((reader) => reader.readUnfinished());
  }

  findOffers(idPrefix: string, limit: number): Promise<readonly StoredOffer[]> {
    return this.#read((reader) => reader.findOffers(idPrefix, limit));
  }

  async readDeals(query: StoredDealsQuery): Promise<StoredPage> {
    await ownTurn();
    return this.#read((reader) => reader.readDeals(query));
  }

  async countDeals(filter: DealsFilter): Promise<number> {
    await ownTurn();
    return this.#read((reader) => reader.countDeals(filter));
  }

  async readFinished(page: FinishedQuery): Promise<StoredPage> {
    await ownTurn();
    return this.#read((reader) => reader.readFinished(page));
  }

  /** Few and small, so that each is a transaction of its own. */
  keepEvidence(equivocation: Equivocation): Promise<void> {
    return this.#queue.execute(() => {
      this.#guard(() => {
        writeEvidence(this.#opened, equivocation);
      });
    });
  }

  readEvidence(): Promise<readonly Equivocation[]> {
    return this.#read((reader) => reader.readEvidence());
  }

  /** The copy's open offers have been dealt with, durably: from here on this is the journal. Clears `restored`. */
  beginGeneration(): Promise<void> {
    return this.#queue.execute(() => {
      this.#guard(() => {
        this.#meta.beginGeneration();
      });
    });
  }

  /**
   * Writes a copy that contains at least all that is durable now, while appends go on. A new file: none is replaced.
   * @throws GrapevineError ERR_USAGE when the file exists
   */
  async backup(file: string): Promise<void> {
    this.#assertUsable();
    const backup = backUpJournal(this.file, file);
    this.#backups.add(backup);
    try {
      await backup;
    } finally {
      this.#backups.delete(backup);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Closes a journal to which nothing was appended at once, so that whoever tries again finds the folder free. */
  abandon(): void {
    if (this.#closing !== null) return;
    this.#closing = this.#queue.close(this.#closedError());
    this.#releaseFiles();
  }

  async #close(): Promise<void> {
    await this.#queue.close(this.#closedError());
    await Promise.allSettled(this.#backups);
    this.#releaseFiles();
  }

  #closedError(): GrapevineError {
    return new GrapevineError('ERR_JOURNAL', `${this.file} is closed`);
  }

  #releaseFiles(): void {
    closeJournalFile(this.#opened, this.#queue.hasFailed);
    this.#lock.release();
  }

  /** Looks where the files are as well, so that nothing is said on top of files that are gone. */
  #assertUsable(placeCheckMs = PLACE_CHECK_MS): void {
    if (this.#queue.refusal !== null) throw this.#queue.refusal;
    const now = performance.now();
    if (now - this.#placeCheckedAt < placeCheckMs) return;
    this.#placeCheckedAt = now;
    try {
      this.#opened.disk.assertInPlace();
    } catch (error) {
      this.#queue.fail(error as GrapevineError);
      throw error;
    }
  }

  async #read<Result>(work: (reader: JournalReader) => Result): Promise<Result> {
    this.#assertUsable();
    return this.#queue.read(() => this.#guard(() => work(this.#reader)));
  }

  async #guarded(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      throw journalFailure(error, this.file);
    }
  }

  #guard<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw journalFailure(error, this.file);
    }
  }
}

/** Long reads come one page a turn, so that other work gets its turn between. */
function ownTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function inline(disk: JournalDisk): Promise<void> {
  disk.syncNow();
  return Promise.resolve();
}

function limitFile(connection: Connection, maxBytes: number): void {
  const pageBytes = connection.readNumber('PRAGMA page_size');
  connection.readRow(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageBytes))}`);
}
