/**
 * The journal in SQLite. `append` resolves only when the entry is on the disk, and the database rejects entries that would break a promise
 * (journal-schema.ts). Opened by open-sqlite-journal.ts.
 *
 * SQLite is called synchronously and writes into the cache of the system. The sync of the disk does not block the event loop
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

/** An append checks the place of the files when the last check is older than this. */
const PLACE_CHECK_MS = 10;

export interface JournalOptions {
  /** Limit of the file size, then ERR_JOURNAL_FULL. By default the disk is the limit. */
  readonly fileMaxBytes?: number | undefined;
  /** Schedules the commit of appended entries: by default with `setImmediate`. */
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
  /** The offers that have records, including pending ones. */
  readonly #offers: OfferFilter;
  readonly #backups = new Set<Promise<void>>();
  #placeCheckedAt = 0;
  #meta: Meta;
  #closing: Promise<void> | null = null;

  /** @param failed resolves with the error when `opened` fails */
  constructor(file: string, opened: OpenedFile, lock: FolderLock, failed: Promise<unknown>, init: JournalOptions) {
    const { connection, disk, life, contents } = opened;
    this.file = file;
    this.life = life;
    this.#opened = opened;
    this.#lock = lock;
    if (init.fileMaxBytes !== undefined) limitFile(connection, init.fileMaxBytes);
    this.#meta = readMeta(connection);
    this.#reader = new JournalReader(connection);
    this.#offers = this.#reader.offerFilter();
    const writer = new EntryWriter(connection, contents);
    this.#queue = new CommitQueue<EncodedEntry>(
      {
        write: (entries) => this.#guard(() => writer.write(entries)),
        sync: () => this.#guarded(() => (init.syncsInline === true ? disk.syncNow() : disk.sync())),
        checkpoint: () => (this.#guard(() => disk.isCheckpointDue) ? this.#guarded(() => disk.checkpoint()) : null),
      },
      init.schedule,
    );
    void failed.then((error) => this.#queue.fail(journalFailure(error, this.file)));
  }

  get failed(): Promise<GrapevineError> {
    return this.#queue.failed;
  }

  /** For metrics: `entries` / `syncs` is the number of entries that share a sync. */
  get counts(): CommitCounts {
    return this.#queue.counts;
  }

  /** 1, and one more for each restored copy. */
  get generation(): number {
    return this.#meta.generation;
  }

  /** True for a restored copy: later awards may be missing, so its unfinished offers must not be awarded. Until `beginGeneration`. */
  get restored(): boolean {
    return this.#meta.restored;
  }

  /**
   * Makes `desk` the owner of this journal, or checks that it is. With another key the desk would silently have a new identity, and could
   * not complete the deals in this journal.
   * @throws GrapevineError ERR_KEY_FILE
   */
  claim(desk: PeerId): void {
    const owner = this.#guard(() => this.#reader.owner());
    if (owner === null) {
      this.#guard(() => {
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
    const isNew = !this.#offers.mayHave(offerId);
    const encoded = encodeEntry(entry, isNew);
    if (isNew) this.#offers.add(offerId);
    return encoded;
  }

  /** Always checks the place of the files, because the caller wants the current state. */
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

  readDeals(query: StoredDealsQuery): Promise<StoredPage> {
    return this.#readInOwnTurn((reader) => reader.readDeals(query));
  }

  countDeals(filter: DealsFilter): Promise<number> {
    return this.#readInOwnTurn((reader) => reader.countDeals(filter));
  }

  readFinished(page: FinishedQuery): Promise<StoredPage> {
    return this.#readInOwnTurn((reader) => reader.readFinished(page));
  }

  /** Each in its own transaction: they are few and small. */
  keepEvidence(equivocation: Equivocation): Promise<void> {
    return this.#queue.execute(() => {
      this.#guard(() => writeEvidence(this.#opened, equivocation));
    });
  }

  readEvidence(): Promise<readonly Equivocation[]> {
    return this.#read((reader) => reader.readEvidence());
  }

  /** Call this when all open offers of a restored copy are durably voided. Clears `restored`. */
  beginGeneration(): Promise<void> {
    return this.#queue.execute(() => {
      this.#meta = this.#guard(() => changeMeta(this.#opened, 'generation = generation + 1, restored = 0'));
    });
  }

  /**
   * Writes a copy into a new file, while appends go on. It contains at least everything that is durable now.
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

  /** Checks the place of the files as well, so that no message depends on an entry in a deleted file. */
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

  /** For long lists, so that reading them page by page does not block the event loop. */
  async #readInOwnTurn<Result>(work: (reader: JournalReader) => Result): Promise<Result> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.#read(work);
  }

  async #guarded(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
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

function limitFile(connection: Connection, maxBytes: number): void {
  const pageBytes = connection.readNumber('PRAGMA page_size');
  connection.readRow(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageBytes))}`);
}
