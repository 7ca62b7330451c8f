/**
 * The files of an open journal: syncs of the log beside the event loop, checkpoints, and the mark that says how far both have
 * got.
 *
 * Why that is safe: SQLite has written a transaction into the log when its COMMIT returns. What was written there before an
 * fdatasync began is on the disk when that has returned. The log is begun again from its first frame only after a checkpoint,
 * which is made by us, while nothing is written, with every sync that SQLite knows: the log first, then the database, and only
 * then the log counts as empty. At every moment a transaction that was synced is in the synced part of the log, or in a
 * database that has been synced.
 */
import { closeSync, fdatasync, fdatasyncSync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { FilePlace } from './file-place.ts';
import { markFile, NO_LOG, type Contents, type Mark, type MarkFile } from './journal-mark.ts';
import type { LogPosition } from './log-file.ts';
import { LogIndex } from './log-index.ts';
import type { PageSums } from './page-sums.ts';
import { Checkpointer } from './sqlite-connection.ts';

/** Then a checkpoint is due: 8 MB of pages of 4 KB. A log that is used again is synced faster than one that grows. */
const CHECKPOINT_FRAMES = 2_000;

/** The mark is on the disk so long after it was written at the latest. */
const MARK_SYNC_MS = 100;

/** How long a file that was moved away can stay unnoticed while nothing is written. */
const PLACE_CHECK_MS = 250;

const syncData = promisify(fdatasync);
const syncAll = promisify(fsync);

export interface JournalDiskInit {
  readonly file: string;
  readonly life: number;
  readonly mark: MarkFile;
  readonly sums: PageSums;
  /** Of the database file; opened before SQLite opened it, and closed after. */
  readonly database: number;
  /** What has been committed. */
  readonly contents: () => Contents;
  /** Told when a file is not where it was, or the mark can't be written. */
  readonly failed: (error: unknown) => void;
  /** Files of its folder that must stay where they are, besides the journal's own. */
  readonly besides: readonly string[];
}

export class JournalDisk {
  readonly #init: JournalDiskInit;
  readonly #log: number;
  readonly #index: LogIndex;
  readonly #place: FilePlace;
  readonly #checkpointer: Checkpointer;
  readonly #placeTimer: NodeJS.Timeout;
  #markTimer: NodeJS.Timeout | null = null;

  constructor(init: JournalDiskInit) {
    const { file } = init;
    this.#init = init;
    this.#log = openSync(`${file}-wal`, 'r+');
    this.#index = new LogIndex(file);
    this.#checkpointer = new Checkpointer(file);
    this.#place = new FilePlace([file, `${file}-wal`, `${file}-shm`, markFile(file), ...init.besides]);
    this.#placeTimer = setInterval(() => {
      this.#tellFailure(() => {
        this.#place.lookAtFiles();
      });
    }, PLACE_CHECK_MS).unref();
  }

  /** @throws GrapevineError ERR_JOURNAL_MOVED */
  assertInPlace(): void {
    this.#place.assertUnchanged();
  }

  /** What was committed before is on the disk when this resolves. */
  async sync(): Promise<void> {
    const [position, contents] = [this.#index.read(), this.#init.contents()];
    await syncData(this.#log);
    this.#synced(position, contents);
  }

  /** The same, while everything waits. */
  syncNow(): void {
    const [position, contents] = [this.#index.read(), this.#init.contents()];
    fdatasyncSync(this.#log);
    this.#synced(position, contents);
  }

  get isCheckpointDue(): boolean {
    const { frames, folded } = this.#index.read();
    return frames - folded >= CHECKPOINT_FRAMES;
  }

  /** Nothing may be committed until it resolves. */
  async checkpoint(): Promise<void> {
    const position = this.#index.read();
    const pages = this.#index.pages(position.frames);
    await syncData(this.#log);
    this.#init.mark.write(this.#markBefore(position, pages));
    await syncAll(this.#init.mark.handle);
    await this.#checkpointer.run();
    this.#init.sums.refresh(this.#init.database, pages);
    this.#init.mark.write(this.#markAfter(position));
    await syncAll(this.#init.mark.handle);
  }

  /** An opening or a checkpoint is through: the database has everything. */
  settle(): void {
    this.#init.mark.writeIntoBoth(this.#markAfter(this.#index.read()));
  }

  /**
   * A checkpoint while everything waits, at a closing.
   * @param checkpoint by the connection of the caller
   */
  checkpointNow(checkpoint: () => void): void {
    const { mark, sums, database } = this.#init;
    const position = this.#index.read();
    const pages = this.#index.pages(position.frames);
    fdatasyncSync(this.#log);
    mark.writeDurably(this.#markBefore(position, pages));
    checkpoint();
    sums.refresh(database, pages);
    this.settle();
  }

  /** SQLite may do anything with the log that it likes, when it closes the file after a failure. */
  giveUp(): void {
    this.#init.mark.writeDurably({ ...this.#markAfter(NO_LOG), phase: 'opening' });
  }

  /** Before SQLite closes the file. */
  stop(): void {
    clearInterval(this.#placeTimer);
    if (this.#markTimer !== null) clearTimeout(this.#markTimer);
    this.#markTimer = null;
    this.#checkpointer.close();
  }

  /** After SQLite has closed the file. */
  close(): void {
    this.#index.close();
    closeSync(this.#log);
    this.#init.mark.close();
    closeSync(this.#init.database);
  }

  #synced(log: LogPosition, contents: Contents): void {
    this.assertInPlace();
    const { mark, life, sums } = this.#init;
    // Not synced: it survives this process. After a power cut it may be behind, never ahead.
    mark.write({ life, phase: 'log', log, pages: sums.pages, pageSum: sums.total, contents });
    this.#markTimer ??= setTimeout(() => {
      this.#markTimer = null;
      syncAll(mark.handle).catch((error: unknown) => {
        this.#init.failed(error);
      });
    }, MARK_SYNC_MS).unref();
  }

  #markBefore(log: LogPosition, pages: ReadonlySet<number>): Mark {
    const { life, sums, contents } = this.#init;
    const pageSum = sums.totalWithout(pages);
    return { life, phase: 'checkpoint', log, pages: sums.pages, pageSum, contents: contents() };
  }

  /** @param position of the log that was copied */
  #markAfter(position: LogPosition): Mark {
    const { life, sums, contents } = this.#init;
    const { folded, frames } = this.#index.read();
    const log = frames === 0 ? NO_LOG : position;
    // A reader may have held up a part of it.
    const phase = folded >= frames ? 'folded' : 'log';
    return { life, phase, log, pages: sums.pages, pageSum: sums.total, contents: contents() };
  }

  #tellFailure(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#init.failed(error);
    }
  }
}
