/**
 * The real journal as a desk's disk. At a crash, its files are copied with the open log, as `kill -9` leaves them. The next life opens the
 * copy.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredOffer } from '../src/ports/journal.ts';
import type { OfferId, OfferKey } from '../src/protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../src/protocol/records.ts';
import { openSqliteJournal } from '../src/store/open-sqlite-journal.ts';
import type { SqliteJournal } from '../src/store/sqlite-journal.ts';
import type { Disk } from './disk.ts';

const FILES = ['journal.db', 'journal.db-wal', 'journal.db-mark'];

export class SqliteDisk implements Disk {
  readonly #folder = mkdtempSync(join(tmpdir(), 'grapevine-simulation-'));
  #life = 0;
  #journal: SqliteJournal | null = null;
  readonly #gone: Promise<void>[] = [];
  #commits: (() => void)[] = [];
  /** Whether writes are committed at once: those that are not entries of a desk. */
  #commitsAtOnce = false;

  async write(entries: readonly JournalEntry[]): Promise<void> {
    const journal = this.#open();
    const done = Promise.all(entries.map((entry) => journal.append(entry)));
    // The world, and not the event loop, decides when a group is committed.
    for (const commit of this.#commits.splice(0)) commit();
    await done;
  }

  readOffer(offer: OfferKey): Promise<readonly JournalRecord[]> {
    return this.#open().readOffer(offer);
  }

  readLatestUnder(reference: string): Promise<StoredOffer | null> {
    return this.#open().readLatestUnder(reference);
  }

  readRenewalOf(offerId: OfferId): Promise<StoredOffer | null> {
    return this.#open().readRenewalOf(offerId);
  }

  readUnfinished(): Promise<readonly StoredOffer[]> {
    return this.#open().readUnfinished();
  }

  async readFinished(): Promise<readonly StoredOffer[]> {
    // More entries than any world has.
    return (await this.#open().readFinished({ limit: 1_000 })).offers;
  }

  crashed(): void {
    const journal = this.#journal;
    if (journal === null) return;
    const from = this.#dataDir;
    this.#life += 1;
    mkdirSync(this.#dataDir, { mode: 0o700 });
    for (const file of FILES)
      if (existsSync(join(from, file))) copyFileSync(join(from, file), join(this.#dataDir, file));
    this.#journal = null;
    this.#gone.push(journal.close());
  }

  isRestored(): boolean {
    return this.#open().restored;
  }

  async beginGeneration(): Promise<void> {
    const journal = this.#open();
    this.#commitsAtOnce = true;
    try {
      await journal.beginGeneration();
    } finally {
      this.#commitsAtOnce = false;
    }
  }

  async copy(): Promise<unknown> {
    const file = join(this.#folder, `copy-${this.#life}-${this.#copies++}`);
    await this.#open().backup(file);
    return file;
  }

  restore(copy: unknown): void {
    this.crashed();
    for (const file of FILES) rmSync(join(this.#dataDir, file), { force: true });
    copyFileSync(copy as string, join(this.#dataDir, 'journal.db'));
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#gone, this.#journal?.close()]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #copies = 0;

  get #dataDir(): string {
    return join(this.#folder, `life-${this.#life}`);
  }

  #open(): SqliteJournal {
    this.#journal ??= openSqliteJournal({
      dataDir: this.#dataDir,
      schedule: (commit) => {
        if (this.#commitsAtOnce) queueMicrotask(commit);
        else this.#commits.push(commit);
      },
      syncsInline: true,
    });
    return this.#journal;
  }
}
