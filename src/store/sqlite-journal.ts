/**
 * The journal in SQLite. `append` resolves only when the entry is on the disk, and the database rejects entries that would break a
 * promise of the protocol, such as a second award (journal-schema.ts). Opened by open-sqlite-journal.ts.
 *
 * SQLite is called synchronously and writes into the operating system's page cache. The sync of the disk does not block the event loop
 * (journal-disk.ts), and all callers that wait share it (commit-queue.ts).
 */
import type { Archive, DealsFilter, StoredDealsQuery, StoredPage } from '../ports/archive.ts';
import type { Equivocation, Evidence } from '../ports/evidence.ts';
import type { Journal, StoredOffer } from '../ports/journal.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { offerIdOf, type OfferId, type OfferKey, type PeerId } from '../protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../protocol/records.ts';
import type { Meta } from './contents-sum.ts';
import { CommitQueue, type CommitCounts, type Schedule } from './commit-queue.ts';
import { encodeEntry, EntryWriter, type EncodedEntry } from './entry-writer.ts';
import type { FolderLock } from './folder-lock.ts';
import { backUpJournal } from './journal-backup.ts';
import { journalFailure } from './journal-failure.ts';
import { closeJournalFile, type OpenedFile } from './journal-file.ts';
import { changeMeta, readMeta } from './journal-meta.ts';
import { JournalReader, type FinishedQuery } from './journal-reader.ts';
import type { OfferFilter } from './offer-filter.ts';
import type { Connection } from './sqlite-connection.ts';
import { writeEvidence } from './write-evidence.ts';

/** An append checks that the files were not moved or replaced (file-place.ts), unless the last check is younger than this. */
const PLACE_CHECK_MAX_AGE_MS = 10;

export interface JournalOptions {
  /** The largest size of the file; beyond it, ERR_JOURNAL_FULL. By default the disk is the limit. */
  readonly fileMaxBytes?: number | undefined;
  /** Schedules commits. By default in the next turn of the event loop; of lazy entries alone, after a short wait (commit-queue.ts). */
  readonly schedule?: Schedule | undefined;
  /** Syncs block the event loop: for simulations, where nothing may happen meanwhile. */
  readonly syncsInline?: boolean | undefined;
}

export class SqliteJournal implements Journal, Evidence, Archive {
  readonly file: string;
  readonly life: number;
  readonly #opened: OpenedFile;
  readonly #lock: FolderLock;
  readonly #queue: CommitQueue<EncodedEntry>;
  readonly #reader: JournalReader;
  /** Matches every offer id that has records, including pending ones, and by chance a few others. */
  readonly #offerFilter: OfferFilter;
  readonly #backups = new Set<Promise<void>>();
  #placeCheckedAt = 0;
  #meta: Meta;
  #closing: Promise<void> | null = null;

  /** @param diskFailed resolves with the error when the disk of `opened` fails */
  constructor(file: string, opened: OpenedFile, lock: FolderLock, diskFailed: Promise<unknown>, init: JournalOptions) {
    const { connection, disk, life, contents } = opened;
    this.file = file;
    this.life = life;
    this.#opened = opened;
    this.#lock = lock;
    if (init.fileMaxBytes !== undefined) limitFile(connection, init.fileMaxBytes);
    this.#meta = readMeta(connection);
    this.#reader = new JournalReader(connection);
    this.#offerFilter = this.#reader.offerFilter();
    const writer = new EntryWriter(connection, contents);
    this.#queue = new CommitQueue<EncodedEntry>(
      {
        write: (entries) => this.#withJournalErrors(() => writer.write(entries)),
        sync: () => this.#withJournalErrorsAsync(() => (init.syncsInline === true ? disk.syncNow() : disk.sync())),
        checkpoint: () =>
          this.#withJournalErrors(() => disk.isCheckpointDue)
            ? this.#withJournalErrorsAsync(() => disk.checkpoint())
            : null,
      },
      init.schedule,
    );
    void diskFailed.then((error) => this.#queue.fail(journalFailure(error, this.file)));
  }

  get failed(): Promise<GrapevineError> {
    return this.#queue.failed;
  }

  /** For metrics: `entries` / `syncs` is how many entries share a sync, on average. */
  get counts(): CommitCounts {
    return this.#queue.counts;
  }

  /** 1, and one more each time the offers of a restored copy have been voided. */
  get generation(): number {
    return this.#meta.generation;
  }

  /** True for a restored copy: later awards may be missing, so its unfinished offers must not be awarded. `beginGeneration` ends this. */
  get restored(): boolean {
    return this.#meta.restored;
  }

  /**
   * Makes `desk` the owner of this journal, or checks that it is. With another key the desk would silently have a new identity, and could
   * not complete the deals in this journal.
   * @throws GrapevineError ERR_KEY_FILE
   */
  claim(desk: PeerId): void {
    const owner = this.#withJournalErrors(() => this.#reader.owner());
    if (owner === null) {
      this.#withJournalErrors(() => {
        this.#meta = changeMeta(this.#opened, 'desk = ?', desk);
        this.#opened.disk.syncNow();
      });
    } else if (owner !== desk) {
      throw new GrapevineError(
        'ERR_KEY_FILE',
        `${this.file} belongs to desk ${owner}, but the key beside it to desk ${desk}; put the right ` +
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
      // Later entries would depend on this one, which is missing.
      this.#queue.fail(error as GrapevineError);
      throw error;
    }
  }

  #encode(entry: JournalEntry): EncodedEntry {
    const offerId = offerIdOf(entry.offer);
    const isNew = !this.#offerFilter.mayHave(offerId);
    const encoded = encodeEntry(entry, isNew);
    if (isNew) this.#offerFilter.add(offerId);
    return encoded;
  }

  /** Always checks that the files are in place, because the caller wants the current state. */
  async sync(): Promise<void> {
    this.#assertUsable(0);
    await this.#queue.sync();
  }

  mayHave(offer: OfferKey): boolean {
    return this.#offerFilter.mayHave(offerIdOf(offer));
  }

  /** Does not check that the files are in place: an open file has these records in any case. Appends check it. */
  readOffer(offer: OfferKey): Promise<readonly JournalRecord[]> {
    return this.#queue.read(
      () => this.#withJournalErrors(() => this.#reader.readOffer(offer)),
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

  readDeals(query: StoredDealsQuery): Promise<StoredPage> {
    return this.#readInOwnTurn((reader) => reader.readDeals(query));
  }

  countDeals(filter: DealsFilter): Promise<number> {
    return this.#readInOwnTurn((reader) => reader.countDeals(filter));
  }

  readFinished(page: FinishedQuery): Promise<StoredPage> {
    return this.#readInOwnTurn((reader) => reader.readFinished(page));
  }

  /** Each proof is written in its own transaction, because proofs are few and small. */
  keepEvidence(equivocation: Equivocation): Promise<void> {
    return this.#queue.execute(() => {
      this.#withJournalErrors(() => writeEvidence(this.#opened, equivocation));
    });
  }

  readEvidence(): Promise<readonly Equivocation[]> {
    return this.#read((reader) => reader.readEvidence());
  }

  /** Call this when every offer of a restored copy that had to be voided is voided, durably. Clears `restored`. */
  beginGeneration(): Promise<void> {
    return this.#queue.execute(() => {
      this.#meta = this.#withJournalErrors(() => changeMeta(this.#opened, 'generation = generation + 1, restored = 0'));
    });
  }

  /**
   * Writes a copy into a new file, while appends go on. It contains at least everything that is durable now.
   * @throws GrapevineError ERR_USAGE when the file exists; ERR_JOURNAL_FULL, ERR_JOURNAL_READ_ONLY when it can't be written
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

  /** Synchronous close of a journal without appended entries, so that the folder can be opened again at once. */
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

  /** Checks that the files are in place as well, so that no message depends on an entry in a deleted file. */
  #assertUsable(placeCheckMaxAgeMs = PLACE_CHECK_MAX_AGE_MS): void {
    if (this.#queue.refusal !== null) throw this.#queue.refusal;
    const now = performance.now();
    if (now - this.#placeCheckedAt < placeCheckMaxAgeMs) return;
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
    return this.#queue.read(() => this.#withJournalErrors(() => work(this.#reader)));
  }

  /** For long lists, so that reading them page by page does not block the event loop. */
  async #readInOwnTurn<Result>(work: (reader: JournalReader) => Result): Promise<Result> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.#read(work);
  }

  /** As `#withJournalErrors`, for work that waits. */
  async #withJournalErrorsAsync(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw journalFailure(error, this.file);
    }
  }

  /** Runs `work`; an error of SQLite or of the file system becomes a GrapevineError with a code. */
  #withJournalErrors<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw journalFailure(error, this.file);
    }
  }
}

function limitFile(connection: Connection, maxBytes: number): void {
  const pageBytes = connection.readNumber('PRAGMA page_size');
  connection.readRow(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageBytes))}`);
}
