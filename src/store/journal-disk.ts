/**
 * The files of an open journal: syncs of the log and checkpoints, off the event loop, and the mark that records how far both are.
 * docs/JOURNAL.md, "How safe a write is", says why no acknowledged entry is lost.
 */
import { closeSync, fdatasync, fdatasyncSync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { FilePlace } from './file-place.ts';
import { markFile, NO_LOG, type Contents, type Mark, type MarkFile } from './journal-mark.ts';
import type { LogPosition } from './log-file.ts';
import { LogIndex } from './log-index.ts';
import type { PageSums } from './page-sums.ts';
import { Checkpointer } from './sqlite-connection.ts';

/** A checkpoint is due after this many frames: 8 MB with 4 KB pages. Syncing a reused log is faster than syncing one that grows. */
const CHECKPOINT_FRAMES = 2_000;

/** The mark is synced at most this long after it was written. */
const MARK_SYNC_MS = 100;

/** How long a moved file can stay undetected while nothing is written. */
const PLACE_CHECK_MS = 250;

const syncData = promisify(fdatasync);
const syncAll = promisify(fsync);

export interface JournalDiskInit {
  readonly file: string;
  readonly life: number;
  readonly mark: MarkFile;
  readonly sums: PageSums;
  /** The database file, opened before SQLite opens it and closed after SQLite has closed it. */
  readonly databaseFd: number;
  /** Counts and checksums of all committed rows. */
  readonly contents: () => Contents;
  /** Called when a file was moved, or the mark cannot be written. */
  readonly onFailure: (error: unknown) => void;
  /** Other files of the folder that must not be moved. */
  readonly otherFiles: readonly string[];
}

export class JournalDisk {
  readonly #init: JournalDiskInit;
  readonly #logFd: number;
  readonly #index: LogIndex;
  readonly #place: FilePlace;
  readonly #checkpointer: Checkpointer;
  readonly #placeTimer: NodeJS.Timeout;
  #markTimer: NodeJS.Timeout | null = null;

  constructor(init: JournalDiskInit) {
    const { file } = init;
    this.#init = init;
    this.#logFd = openSync(`${file}-wal`, 'r+');
    this.#index = new LogIndex(file);
    this.#checkpointer = new Checkpointer(file);
    this.#place = new FilePlace([file, `${file}-wal`, `${file}-shm`, markFile(file), ...init.otherFiles]);
    this.#placeTimer = setInterval(() => {
      try {
        this.#place.checkFiles();
      } catch (error) {
        init.onFailure(error);
      }
    }, PLACE_CHECK_MS).unref();
  }

  /** @throws GrapevineError ERR_JOURNAL_MOVED */
  assertInPlace(): void {
    this.#place.assertUnchanged();
  }

  /** Resolves when everything committed before the call is durable. */
  async sync(): Promise<void> {
    const [position, contents] = [this.#index.read(), this.#init.contents()];
    await syncData(this.#logFd);
    this.#synced(position, contents);
  }

  /** Like `sync`, but blocks the event loop. */
  syncNow(): void {
    const [position, contents] = [this.#index.read(), this.#init.contents()];
    fdatasyncSync(this.#logFd);
    this.#synced(position, contents);
  }

  get isCheckpointDue(): boolean {
    const { frames, checkpointed } = this.#index.read();
    return frames - checkpointed >= CHECKPOINT_FRAMES;
  }

  /** Copies the log into the database. Nothing may be committed until it resolves. */
  async checkpoint(): Promise<void> {
    const position = this.#index.read();
    const pages = this.#index.pages(position.frames);
    await syncData(this.#logFd);
    this.#init.mark.write(this.#markBefore(position, pages));
    await syncAll(this.#init.mark.handle);
    await this.#checkpointer.run();
    this.#init.sums.refresh(this.#init.databaseFd, pages);
    this.#init.mark.write(this.#markAfter(position));
    await syncAll(this.#init.mark.handle);
  }

  /** Writes the mark after an opening or a checkpoint. */
  markCheckpointed(): void {
    this.#init.mark.writeIntoBoth(this.#markAfter(this.#index.read()));
  }

  /**
   * A checkpoint that blocks the event loop, before the file is closed.
   * @param checkpoint runs it on the caller's connection
   */
  checkpointNow(checkpoint: () => void): void {
    const { mark, sums, databaseFd } = this.#init;
    const position = this.#index.read();
    const pages = this.#index.pages(position.frames);
    fdatasyncSync(this.#logFd);
    mark.writeDurably(this.#markBefore(position, pages));
    checkpoint();
    sums.refresh(databaseFd, pages);
    this.markCheckpointed();
  }

  /** Before SQLite closes the file after a failure, when it may change the log unnoticed: the next start verifies the records instead. */
  markUnverified(): void {
    this.#init.mark.writeDurably({ ...this.#markAfter(NO_LOG), phase: 'opening' });
  }

  /** Call this before SQLite closes the file. */
  stop(): void {
    clearInterval(this.#placeTimer);
    if (this.#markTimer !== null) clearTimeout(this.#markTimer);
    this.#markTimer = null;
    this.#checkpointer.close();
  }

  /** Call this after SQLite has closed the file. */
  close(): void {
    this.#index.close();
    closeSync(this.#logFd);
    this.#init.mark.close();
    closeSync(this.#init.databaseFd);
  }

  #synced(log: LogPosition, contents: Contents): void {
    this.assertInPlace();
    const { mark } = this.#init;
    // Not synced: it survives this process. After a power cut it may be behind, never ahead.
    mark.write(this.#markOf('log', log, contents));
    this.#markTimer ??= setTimeout(() => {
      this.#markTimer = null;
      syncAll(mark.handle).catch((error: unknown) => this.#init.onFailure(error));
    }, MARK_SYNC_MS).unref();
  }

  #markBefore(log: LogPosition, pages: ReadonlySet<number>): Mark {
    return { ...this.#markOf('checkpoint', log), pageSum: this.#init.sums.totalWithout(pages) };
  }

  /** @param position of the log that was checkpointed */
  #markAfter(position: LogPosition): Mark {
    const { checkpointed, frames } = this.#index.read();
    // A reader may have prevented a part of it.
    const phase = checkpointed >= frames ? 'checkpointed' : 'log';
    return this.#markOf(phase, frames === 0 ? NO_LOG : position);
  }

  #markOf(phase: Mark['phase'], log: LogPosition, contents = this.#init.contents()): Mark {
    const { life, sums } = this.#init;
    return { life, phase, log, pages: sums.pages, pageSum: sums.total, contents };
  }
}
