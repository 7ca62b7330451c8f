/**
 * Group commit: entries are collected and written in one transaction, in the order in which they were appended. One sync of the disk
 * serves all callers that wait. Meanwhile the event loop goes on, and more entries are collected.
 */
import type { GrapevineError } from '../protocol/errors.ts';

/** More entries go into the next transaction, so that other work gets its turn in between. */
const ENTRIES_PER_COMMIT_MAX = 512;

/** How long an entry that nobody waits for may wait to be written with others. */
const LAZY_COMMIT_MS = 20;

/** Where the entries are written. */
export interface Storage<Entry> {
  /** Writes all, not yet durably. Returns for each entry its refusal or null. Throws a GrapevineError when the whole transaction failed. */
  write(entries: readonly Entry[]): readonly (GrapevineError | null)[];
  /** What was written before is durable when this resolves. Rejects with a GrapevineError. */
  sync(): Promise<void>;
  /** Called between a sync and the next transaction. Nothing is written until it resolves; null when there is nothing to do. */
  tidyUp?(): Promise<void> | null;
}

/** Calls back later: by default when this turn of the event loop ends. */
export type Schedule = (commit: () => void) => void;

interface Waiting<Entry> {
  /** Null: waits for what was appended before. */
  readonly entry: Entry | null;
  /** Null: nobody waits. */
  readonly settle: ((error: GrapevineError | null) => void) | null;
}

export interface CommitCounts {
  /** Transactions. */
  readonly commits: number;
  /** Waits for the disk. */
  readonly syncs: number;
  /** Entries that were written. */
  readonly entries: number;
  /** Entries that the database refused. */
  readonly refused: number;
}

export class CommitQueue<Entry> {
  /** Resolves with the failure; see `Journal.failed`. */
  readonly failed: Promise<GrapevineError>;
  readonly #storage: Storage<Entry>;
  readonly #schedule: Schedule | null;
  #waiting: Waiting<Entry>[] = [];
  /** Written, and waiting for the disk. */
  #unsynced: ((error: GrapevineError | null) => void)[] = [];
  #isDirty = false;
  #busy: Promise<void> | null = null;
  #tidying: Promise<void> | null = null;
  #isScheduled = false;
  #lazyTimer: NodeJS.Timeout | null = null;
  #failure: GrapevineError | null = null;
  #closed: GrapevineError | null = null;
  #tellFailed: (error: GrapevineError) => void = () => undefined;
  #counts: CommitCounts = { commits: 0, syncs: 0, entries: 0, refused: 0 };

  constructor(storage: Storage<Entry>, schedule?: Schedule) {
    this.#storage = storage;
    this.#schedule = schedule ?? null;
    this.failed = new Promise((resolve) => (this.#tellFailed = resolve));
  }

  get counts(): CommitCounts {
    return this.#counts;
  }

  /** Why nothing is taken any more: it has failed, or is closed. */
  get refusal(): GrapevineError | null {
    return this.#failure ?? this.#closed;
  }

  get hasFailed(): boolean {
    return this.#failure !== null;
  }

  /** Resolves when the entry is durable. */
  add(entry: Entry): Promise<void> {
    return this.#enqueue(entry);
  }

  /** @throws GrapevineError when it has failed */
  addLazy(entry: Entry): void {
    if (this.refusal !== null) throw this.refusal;
    this.#waiting.push({ entry, settle: null });
    this.#scheduleLazily();
  }

  /** Resolves when everything that was added before is durable. */
  sync(): Promise<void> {
    if (this.refusal !== null) return Promise.reject(this.refusal);
    const isClean = this.#waiting.length === 0 && !this.#isDirty && this.#busy === null;
    return isClean ? Promise.resolve() : this.#enqueue(null);
  }

  /** Writes what waits, then calls `work`, which may write as well; resolves with its result when all of it is durable. */
  async execute<Result>(work: () => Result): Promise<Result> {
    const result = await this.read(work);
    this.#isDirty = true;
    await this.#enqueue(null);
    return result;
  }

  /**
   * Writes what waits, so that `work` sees it. Waits for no disk.
   * @param concerns whether `work` could see an entry; if it could see none that waits, nothing is written, and what waits
   * is still gathered
   */
  async read<Result>(work: () => Result, concerns: (entry: Entry) => boolean = () => true): Promise<Result> {
    while (this.#tidying !== null) await this.#tidying;
    if (this.refusal !== null) throw this.refusal;
    while (this.#waiting.some(({ entry }) => entry !== null && concerns(entry))) this.#commitBatch();
    if (this.#failure !== null) throw this.#failure;
    return work();
  }

  /** Writes all that waits, durably, and then takes nothing any more. */
  async close(reason: GrapevineError): Promise<void> {
    const last = this.refusal === null ? this.sync() : Promise.resolve();
    this.#closed ??= reason;
    while (this.#busy !== null || this.#waiting.length > 0) {
      if (this.#busy === null) this.#commitSome();
      else await this.#busy;
    }
    await last.catch(() => undefined);
    this.#stopTimer();
  }

  /** What waits is refused, and all that comes later. */
  fail(failure: GrapevineError): void {
    if (this.#failure !== null) return;
    this.#failure = failure;
    this.#tellFailed(failure);
    this.#stopTimer();
    const waiting = [...this.#unsynced.splice(0), ...this.#waiting.splice(0).map(({ settle }) => settle)];
    for (const settle of waiting) settle?.(failure);
  }

  #enqueue(entry: Entry | null): Promise<void> {
    if (this.refusal !== null) return Promise.reject(this.refusal);
    return new Promise((resolve, reject) => {
      const settle = (error: GrapevineError | null): void => {
        if (error === null) resolve();
        else reject(error);
      };
      this.#waiting.push({ entry, settle });
      this.#scheduleCommit();
    });
  }

  #scheduleCommit(): void {
    if (this.#isScheduled || this.#busy !== null) return;
    this.#isScheduled = true;
    if (this.#schedule === null) setImmediate(this.#commitSome);
    else this.#schedule(this.#commitSome);
  }

  #scheduleLazily(): void {
    if (this.#schedule !== null || this.#waiting.length >= ENTRIES_PER_COMMIT_MAX) this.#scheduleCommit();
    else this.#lazyTimer ??= setTimeout(this.#commitSome, LAZY_COMMIT_MS).unref();
  }

  #stopTimer(): void {
    if (this.#lazyTimer !== null) clearTimeout(this.#lazyTimer);
    this.#lazyTimer = null;
  }

  readonly #commitSome = (): void => {
    this.#isScheduled = false;
    this.#stopTimer();
    // Gathered on while the disk works: afterwards all of it goes into one transaction.
    if (this.#busy !== null) return;
    this.#commitBatch();
    if (this.#unsynced.length > 0) this.#startSync();
    else if (this.#waiting.length > 0) this.#scheduleCommit();
  };

  #commitBatch(): void {
    const batch = this.#waiting.splice(0, ENTRIES_PER_COMMIT_MAX);
    const entries = batch.flatMap(({ entry }) => (entry === null ? [] : [entry]));
    try {
      const refusals = entries.length === 0 ? [] : this.#storage.write(entries);
      if (entries.length > 0) this.#isDirty = true;
      this.#settle(batch, refusals);
    } catch (error) {
      // After an error of the disk nobody knows what is on it: SQLite may even find these entries there at the next
      // start. So nothing may be said on top of them.
      this.#waiting.unshift(...batch);
      this.fail(error as GrapevineError);
    }
  }

  #settle(batch: readonly Waiting<Entry>[], refusals: readonly (GrapevineError | null)[]): void {
    let index = 0;
    for (const { entry, settle } of batch) {
      const refusal = entry === null ? null : (refusals[index++] ?? null);
      if (refusal === null && this.#failure === null) {
        if (settle !== null) this.#unsynced.push(settle);
      } else if (settle !== null) settle(refusal ?? this.#failure);
      else if (refusal !== null) this.fail(refusal);
    }
    if (refusals.length === 0) return;
    const refused = refusals.filter((refusal) => refusal !== null).length;
    const { commits, syncs, entries, refused: before } = this.#counts;
    const written = entries + refusals.length - refused;
    this.#counts = { commits: commits + 1, syncs, entries: written, refused: before + refused };
  }

  #startSync(): void {
    const covered = this.#unsynced.splice(0);
    this.#isDirty = false;
    this.#busy = this.#storage.sync().then(
      () => {
        this.#counts = { ...this.#counts, syncs: this.#counts.syncs + 1 };
        // It may have failed meanwhile: then nobody may take it for durable.
        for (const settle of covered) settle(this.#failure);
        return this.#tidyUp();
      },
      (error: unknown) => {
        for (const settle of covered) settle(error as GrapevineError);
        this.fail(error as GrapevineError);
      },
    );
    void this.#busy.then(() => {
      this.#busy = null;
      if (this.#unsynced.length > 0) this.#startSync();
      // Those who were told just now may append more in this turn: it goes into the same transaction.
      else if (this.#waiting.some(({ settle }) => settle !== null)) this.#scheduleCommit();
      else if (this.#waiting.length > 0) this.#scheduleLazily();
    });
  }

  async #tidyUp(): Promise<void> {
    this.#tidying = this.#storage.tidyUp?.() ?? null;
    if (this.#tidying === null) return;
    try {
      await this.#tidying;
    } catch (error) {
      this.fail(error as GrapevineError);
    } finally {
      this.#tidying = null;
    }
  }
}
