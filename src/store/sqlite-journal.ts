/**
 * The journal on SQLite: what survives. `append` resolves when the entry is on the disk, and not earlier; the database
 * refuses what would break a promise (journal-schema.ts); one process at a time has the folder (folder-lock.ts).
 *
 * SQLite is called synchronously: a commit holds up this process for a fraction of a millisecond on a good disk, and all
 * that came in the same turn shares it.
 */
import { join, resolve } from 'node:path';
import type { Archive, Cursor, StoredDealsQuery, StoredPage } from '../ports/archive.ts';
import type { Equivocation, Evidence } from '../ports/evidence.ts';
import type { Journal, StoredOffer } from '../ports/journal.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { OfferId, OfferKey, PeerId } from '../protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../protocol/records.ts';
import { cursorOf, positionOf } from './cursor.ts';
import { encodeEntry, EntryWriter, type EncodedEntry } from './entry-writer.ts';
import { lockFolder, type FolderLock } from './folder-lock.ts';
import { GroupCommit, type CommitCounts, type Schedule } from './group-commit.ts';
import { backUpJournal } from './journal-backup.ts';
import { journalFailure } from './journal-failure.ts';
import { openJournalFile, type OpenedFile } from './journal-file.ts';
import { makeFolder } from './private-file.ts';
import { decodeRecord, partsOf } from './record-codec.ts';
import type { Connection, Row, Statement } from './sqlite-connection.ts';

const JOURNAL_FILE = 'journal.db';

export interface SqliteJournalInit {
  /** Made, for its owner alone, when it is missing. */
  readonly dataDir: string;
  /** The journal does not grow beyond this: ERR_JOURNAL_FULL. By default the disk is the limit. */
  readonly fileMaxBytes?: number | undefined;
  /** When what was appended is committed: by default at the end of this turn of the event loop. */
  readonly schedule?: Schedule | undefined;
  /** Called when the folder is ours, before the journal is made or opened. What it throws is thrown. */
  readonly whenLocked?: (() => void) | undefined;
}

/**
 * @throws GrapevineError ERR_JOURNAL_LOCKED, ERR_JOURNAL_FULL, ERR_JOURNAL_READ_ONLY, ERR_JOURNAL_CORRUPT,
 * ERR_JOURNAL_NEWER, ERR_JOURNAL_NOT_DURABLE; ERR_JOURNAL for the rest. The file is then as it was.
 */
export function openSqliteJournal(init: SqliteJournalInit): SqliteJournal {
  const dataDir = resolve(init.dataDir);
  const file = join(dataDir, JOURNAL_FILE);
  let lock: FolderLock | null = null;
  try {
    makeFolder(dataDir);
    lock = lockFolder(dataDir);
    init.whenLocked?.();
    return openWithLock(file, lock, init);
  } catch (error) {
    lock?.release();
    throw journalFailure(error, file);
  }
}

function openWithLock(file: string, lock: FolderLock, init: SqliteJournalInit): SqliteJournal {
  const opened = openJournalFile(file);
  try {
    return new SqliteJournal(file, opened, lock, init);
  } catch (error) {
    opened.connection.close();
    throw error;
  }
}

export class SqliteJournal implements Journal, Evidence, Archive {
  readonly file: string;
  readonly #connection: Connection;
  readonly #lock: FolderLock;
  readonly #group: GroupCommit<EncodedEntry>;
  readonly #readOffer: Statement;
  readonly #readUnfinished: Statement;
  readonly #backups = new Set<Promise<void>>();
  readonly failed: Promise<GrapevineError>;
  #tellFailed: (error: GrapevineError) => void = () => undefined;
  #latest: Promise<void> = Promise.resolve();
  #meta: Meta;
  #closing: Promise<void> | null = null;

  constructor(
    file: string,
    { connection, isCopy }: OpenedFile,
    lock: FolderLock,
    init: Omit<SqliteJournalInit, 'dataDir'>,
  ) {
    this.file = file;
    this.#connection = connection;
    this.#lock = lock;
    if (isCopy) connection.exec('UPDATE meta SET restored = 1');
    if (init.fileMaxBytes !== undefined) limitFile(connection, init.fileMaxBytes);
    connection.exec('UPDATE meta SET life = life + 1');
    this.#meta = readMeta(connection);
    this.failed = new Promise((resolve) => (this.#tellFailed = resolve));
    this.#readOffer = connection.prepare(READ_OFFER);
    this.#readUnfinished = connection.prepare(READ_UNFINISHED);
    const writer = new EntryWriter(connection);
    this.#group = new GroupCommit((entries) => this.#guard(() => writer.write(entries)), init.schedule);
  }

  /** For metrics: entries by commits is what one wait for the disk was shared by. */
  get counts(): CommitCounts {
    return this.#group.counts;
  }

  get life(): number {
    return this.#meta.life;
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
    const owner = this.#guard(() => this.#connection.readValue(READ_OWNER));
    if (typeof owner !== 'string') {
      this.#guard(() => {
        this.#connection.prepare('UPDATE meta SET desk = ?').run(desk);
      });
    } else if (owner !== desk) {
      throw new GrapevineError(
        'ERR_KEY_FILE',
        `${this.file} is the journal of desk ${owner}, and the key beside it is that of ${desk}; put the right ` +
          'key back, or use another data folder',
      );
    }
  }

  append(entry: JournalEntry): Promise<void> {
    this.#latest = this.#append(entry);
    return this.#latest;
  }

  appendLazy(entry: JournalEntry): void {
    this.#assertUsable();
    this.append(entry).catch((error: unknown) => {
      this.#tellFailed(error as GrapevineError);
    });
  }

  /** Entries become durable in their order. */
  async sync(): Promise<void> {
    this.#assertUsable();
    await this.#latest;
  }

  async #append(entry: JournalEntry): Promise<void> {
    this.#assertUsable();
    await this.#group.add(encodeEntry(entry));
  }

  readOffer(offer: OfferKey): Promise<readonly JournalRecord[]> {
    this.#group.flush();
    return this.#whenUsable(() => this.#readOffer.all(...partsOf(offer)).map(toRecord));
  }

  readUnfinished(): Promise<readonly StoredOffer[]> {
    return this.#whenUsable(() => groupByOffer(this.#readUnfinished.all()));
  }

  findOffers(idPrefix: string, limit: number): Promise<readonly StoredOffer[]> {
    return this.#whenUsable(() => groupByOffer(this.#connection.prepare(FIND_OFFERS).all(idPrefix, limit)));
  }

  async readDeals({ sinceMs, untilMs, role, after, limit }: StoredDealsQuery): Promise<StoredPage> {
    await ownTurn();
    const from = after === undefined ? null : positionOf(after);
    return this.#read(() => {
      const asOf = from?.asOf ?? this.#connection.readNumber('SELECT coalesce(max(seq), 0) FROM records');
      const window = [sinceMs ?? MIN_TIME, untilMs ?? MAX_TIME, from?.at ?? MAX_TIME, from?.seq ?? 0, asOf];
      const found = this.#connection.prepare(READ_DEALS).all(...window, role ?? '', limit + 1);
      return this.#pageOf(found, limit, (last) => cursorOf({ at: Number(last['at']), seq: Number(last['seq']), asOf }));
    });
  }

  async readFinished({ after, limit }: { after?: Cursor | undefined; limit: number }): Promise<StoredPage> {
    await ownTurn();
    const below = after === undefined ? Number.MAX_SAFE_INTEGER : positionOf(after).seq;
    return this.#read(() => {
      const found = this.#connection.prepare(READ_FINISHED).all(below, limit + 1);
      return this.#pageOf(found, limit, (last) => cursorOf({ at: 0, seq: Number(last['number']), asOf: 0 }));
    });
  }

  /** @param found rows that name an offer by its `number`; one more than wanted when there are more */
  #pageOf(found: readonly Row[], limit: number, cursor: (last: Row) => Cursor): StoredPage {
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const read = this.#connection.prepare(READ_NUMBERED);
    return {
      offers: page.flatMap(({ number }) => groupByOffer(read.all(Number(number)))),
      next: last !== undefined && found.length > limit ? cursor(last) : null,
    };
  }

  #read<Result>(work: () => Result): Promise<Result> {
    this.#group.flush();
    return this.#whenUsable(work);
  }

  /** Few and small, so that each is a transaction of its own. */
  keepEvidence({ maker, offerId, foundAt, statements }: Equivocation): Promise<void> {
    return this.#whenUsable(() => {
      this.#connection.prepare(KEEP_EVIDENCE).run(maker, offerId, foundAt, JSON.stringify(statements));
    });
  }

  readEvidence(): Promise<readonly Equivocation[]> {
    return this.#whenUsable(() => this.#connection.prepare(READ_EVIDENCE).all().map(toEquivocation));
  }

  /** The copy's open offers have been dealt with, durably: from here on this is the journal. Clears `restored`. */
  beginGeneration(): Promise<void> {
    this.#group.flush();
    return this.#whenUsable(() => {
      this.#connection.exec('UPDATE meta SET generation = generation + 1, restored = 0');
      this.#meta = readMeta(this.#connection);
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

  async #close(): Promise<void> {
    this.#group.flush();
    this.#group.fail(new GrapevineError('ERR_JOURNAL', `${this.file} is closed`));
    await Promise.allSettled(this.#backups);
    try {
      // Leaves all in one file. A reader may prevent it (not waited for); then the next open finds the rest in the log.
      this.#connection.exec('PRAGMA busy_timeout = 0');
      this.#connection.readRow('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // What was appended is durable in the log, and what was not was refused.
    }
    this.#connection.close();
    this.#lock.release();
  }

  #assertUsable(): void {
    if (this.#group.failure !== null) throw this.#group.failure;
  }

  #whenUsable<Result>(work: () => Result): Promise<Result> {
    return new Promise((settle) => {
      this.#assertUsable();
      settle(this.#guard(work));
    });
  }

  #guard<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw journalFailure(error, this.file);
    }
  }
}

/** In journals of version 1 the maker of any own offer tells. */
const READ_OWNER =
  "SELECT coalesce((SELECT desk FROM meta), (SELECT maker FROM offers WHERE role = 'maker' LIMIT 1)) AS desk";

/** `~` comes after every character of an id. */
const FIND_OFFERS = `
  SELECT maker || '/' || offer_id AS offer, role, body FROM offers JOIN records ON records.offer = offers.number
  WHERE offers.number IN (SELECT number FROM offers WHERE offer_id >= ?1 AND offer_id < ?1 || '~' LIMIT ?2)
  ORDER BY offers.number, seq`;

/** The latest deal record of an offer counts, of those that were there when the walk began. */
const READ_DEALS = `
  SELECT deal.offer AS number, deal.at, deal.seq
  FROM records AS deal JOIN offers ON offers.number = deal.offer
  WHERE deal.type IN ('awarded', 'confirmed', 'won', 'closed') AND deal.at >= ?1 AND deal.at < ?2
    AND deal.at <= ?3 AND (deal.at < ?3 OR deal.seq < ?4) AND deal.seq <= ?5 AND (?6 = '' OR offers.role = ?6)
    AND NOT EXISTS (SELECT 1 FROM records AS later WHERE later.offer = deal.offer
      AND later.type IN ('awarded', 'confirmed', 'won', 'closed') AND later.seq <= ?5
      AND (later.at > deal.at OR (later.at = deal.at AND later.seq > deal.seq)))
  ORDER BY deal.at DESC, deal.seq DESC LIMIT ?7`;

const READ_FINISHED = 'SELECT number FROM offers WHERE finished = 1 AND number < ? ORDER BY number DESC LIMIT ?';

const READ_NUMBERED = `
  SELECT maker || '/' || offer_id AS offer, role, body FROM offers JOIN records ON records.offer = offers.number
  WHERE offers.number = ? ORDER BY seq`;

/** Bounds of what a time can be. */
const MAX_TIME = Number.MAX_SAFE_INTEGER;
const MIN_TIME = Number.MIN_SAFE_INTEGER;

const KEEP_EVIDENCE =
  'INSERT INTO evidence (maker, offer_id, found_at, statements) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING';

const READ_EVIDENCE = 'SELECT maker, offer_id, found_at, statements FROM evidence ORDER BY found_at';

function toEquivocation(row: Row): Equivocation {
  return {
    maker: row['maker'] as PeerId,
    offerId: row['offer_id'] as OfferId,
    foundAt: Number(row['found_at']),
    statements: JSON.parse(String(row['statements'])) as Equivocation['statements'],
  };
}

/** Long reads come one page a turn, so that other work gets its turn between. */
function ownTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

interface Meta {
  readonly life: number;
  readonly generation: number;
  readonly restored: boolean;
}

const READ_OFFER = `
  SELECT maker || '/' || offer_id AS offer, role, body FROM offers JOIN records ON records.offer = offers.number
  WHERE maker = ? AND offer_id = ? ORDER BY seq`;

const READ_UNFINISHED = `
  SELECT maker || '/' || offer_id AS offer, role, body FROM offers JOIN records ON records.offer = offers.number
  WHERE finished = 0 ORDER BY offers.number, seq`;

function readMeta(connection: Connection): Meta {
  const { life, generation, restored } = connection.readRow('SELECT life, generation, restored FROM meta');
  if (typeof generation === 'number') return { life: Number(life), generation, restored: restored !== 0 };
  throw new GrapevineError('ERR_JOURNAL_CORRUPT', 'the journal is damaged: its table meta is empty');
}

function toRecord({ offer, role, body }: Row): JournalRecord {
  return decodeRecord(offer as OfferKey, String(role), String(body));
}

/** @param rows with those of one offer in sequence */
function groupByOffer(rows: readonly Row[]): readonly StoredOffer[] {
  const stored: { offer: OfferKey; records: JournalRecord[] }[] = [];
  for (const row of rows) {
    const offer = row['offer'] as OfferKey;
    const latest = stored.at(-1);
    if (latest?.offer === offer) latest.records.push(toRecord(row));
    else stored.push({ offer, records: [toRecord(row)] });
  }
  return stored;
}

function limitFile(connection: Connection, maxBytes: number): void {
  const pageBytes = connection.readNumber('PRAGMA page_size');
  connection.readRow(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageBytes))}`);
}
