/**
 * Group commit: entries are collected and written in one transaction, in the order in which they were appended. All callers that wait
 * share one sync of the disk. It does not block the event loop, and more entries are collected meanwhile.
 */
import type { GrapevineError } from '../protocol/errors.ts';

/** Further entries go into the next transaction, so that one transaction does not block the event loop for long. */
const ENTRIES_PER_COMMIT_MAX = 512;

/** How long a lazy entry waits for others to share its transaction. */
const LAZY_COMMIT_MS = 20;

/** Where the entries are written. */
export interface Storage<Entry> {
  /** Writes all entries, not yet durably. Returns an error for each rejected entry, else null. Throws a GrapevineError when the transaction fails. */
  write(entries: readonly Entry[]): readonly (GrapevineError | null)[];
  /** Resolves when all entries written before are durable. Rejects with a GrapevineError. */
  sync(): Promise<void>;
  /** Called after each sync. Nothing is written until it resolves. Null when no checkpoint is due. */
  checkpoint?(): Promise<void> | null;
}

/** Calls `commit` later. */
export type Schedule = (commit: () => void) => void;

interface Pending<Entry> {
  /** Null: a caller of `sync` waits for the entries before it. */
  readonly entry: Entry | null;
  /** Null for lazy entries. */
  readonly settle: ((error: GrapevineError | null) => void) | null;
}

/** Numbers of transactions, syncs of the disk, written entries, and entries that the database rejected. */
export interface CommitCounts {
  readonly commits: number;
  readonly syncs: number;
  readonly entries: number;
  readonly refused: number;
}

export class CommitQueue<Entry> {
  /** See `Journal.failed`. */
  readonly failed: Promise<GrapevineError>;
  readonly #storage: Storage<Entry>;
  readonly #schedule: Schedule | null;
  #pending: Pending<Entry>[] = [];
  /** Callers whose entries are written but not synced. */
  #unsynced: ((error: GrapevineError | null) => void)[] = [];
  /** Entries were written since the last sync began. */
  #isDirty = false;
  /** The current sync, with the checkpoint after it. */
  #syncing: Promise<void> | null = null;
  #checkpointing: Promise<void> | null = null;
  #isScheduled = false;
  #lazyTimer: NodeJS.Timeout | null = null;
  #failure: GrapevineError | null = null;
  #closed: GrapevineError | null = null;
  #resolveFailed: (error: GrapevineError) => void = () => undefined;
  #counts: CommitCounts = { commits: 0, syncs: 0, entries: 0, refused: 0 };

  constructor(storage: Storage<Entry>, schedule?: Schedule) {
    this.#storage = storage;
    this.#schedule = schedule ?? null;
    this.failed = new Promise((resolve) => (this.#resolveFailed = resolve));
  }

  get counts(): CommitCounts {
    return this.#counts;
  }

  /** Why new entries are rejected: the queue has failed or is closed. Null while it is usable. */
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

  /** @throws GrapevineError when the queue has failed or is closed */
  addLazy(entry: Entry): void {
    if (this.refusal !== null) throw this.refusal;
    this.#pending.push({ entry, settle: null });
    this.#scheduleLazily();
  }

  /** Resolves when all entries added before are durable. */
  sync(): Promise<void> {
    if (this.refusal !== null) return Promise.reject(this.refusal);
    const isClean = this.#pending.length === 0 && !this.#isDirty && this.#syncing === null;
    return isClean ? Promise.resolve() : this.#enqueue(null);
  }

  /** Writes the pending entries, then calls `work`, which may write as well. Resolves with its result when all of it is durable. */
  async execute<Result>(work: () => Result): Promise<Result> {
    const result = await this.read(work);
    this.#isDirty = true;
    await this.#enqueue(null);
    return result;
  }

  /**
   * Writes the pending entries, so that `work` sees them, and does not wait for a sync.
   * @param concerns whether an entry affects the result of `work`; when no pending entry does, nothing is written
   */
  async read<Result>(work: () => Result, concerns: (entry: Entry) => boolean = () => true): Promise<Result> {
    while (this.#checkpointing !== null) await this.#checkpointing;
    if (this.refusal !== null) throw this.refusal;
    while (this.#pending.some(({ entry }) => entry !== null && concerns(entry))) this.#commitBatch();
    if (this.#failure !== null) throw this.#failure;
    return work();
  }

  /** Rejects new entries, and resolves when the pending ones are durable. */
  async close(reason: GrapevineError): Promise<void> {
    const last = this.refusal === null ? this.sync() : Promise.resolve();
    this.#closed ??= reason;
    while (this.#syncing !== null || this.#pending.length > 0) {
      if (this.#syncing === null) this.#commitSome();
      else await this.#syncing;
    }
    await last.catch(() => undefined);
    this.#stopTimer();
  }

  /** Rejects all pending and later entries. */
  fail(failure: GrapevineError): void {
    if (this.#failure !== null) return;
    this.#failure = failure;
    this.#resolveFailed(failure);
    this.#stopTimer();
    const settles = [...this.#unsynced.splice(0), ...this.#pending.splice(0).map(({ settle }) => settle)];
    for (const settle of settles) settle?.(failure);
  }

  #enqueue(entry: Entry | null): Promise<void> {
    if (this.refusal !== null) return Promise.reject(this.refusal);
    return new Promise((resolve, reject) => {
      const settle = (error: GrapevineError | null): void => {
        if (error === null) resolve();
        else reject(error);
      };
      this.#pending.push({ entry, settle });
      this.#scheduleCommit();
    });
  }

  #scheduleCommit(): void {
    if (this.#isScheduled || this.#syncing !== null) return;
    this.#isScheduled = true;
    if (this.#schedule === null) setImmediate(this.#commitSome);
    else this.#schedule(this.#commitSome);
  }

  #scheduleLazily(): void {
    if (this.#schedule !== null || this.#pending.length >= ENTRIES_PER_COMMIT_MAX) this.#scheduleCommit();
    else this.#lazyTimer ??= setTimeout(this.#commitSome, LAZY_COMMIT_MS).unref();
  }

  #stopTimer(): void {
    if (this.#lazyTimer !== null) clearTimeout(this.#lazyTimer);
    this.#lazyTimer = null;
  }

  readonly #commitSome = (): void => {
    this.#isScheduled = false;
    this.#stopTimer();
    // During a sync entries are only collected; afterwards all go into one transaction.
    if (this.#syncing !== null) return;
    this.#commitBatch();
    if (this.#unsynced.length > 0) this.#startSync();
    else if (this.#pending.length > 0) this.#scheduleCommit();
  };

  #commitBatch(): void {
    const batch = this.#pending.splice(0, ENTRIES_PER_COMMIT_MAX);
    const entries = batch.flatMap(({ entry }) => (entry === null ? [] : [entry]));
    try {
      const refusals = entries.length === 0 ? [] : this.#storage.write(entries);
      if (entries.length > 0) this.#isDirty = true;
      this.#settle(batch, refusals);
    } catch (error) {
      // After a disk error it is unknown what was stored: SQLite may even find these entries at the next start. So nothing that depends
      // on them may be written or sent.
      this.#pending.unshift(...batch);
      this.fail(error as GrapevineError);
    }
  }

  #settle(batch: readonly Pending<Entry>[], refusals: readonly (GrapevineError | null)[]): void {
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
    this.#syncing = this.#storage.sync().then(
      () => {
        this.#counts = { ...this.#counts, syncs: this.#counts.syncs + 1 };
        // If the queue failed during the sync, the entries must not count as durable.
        for (const settle of covered) settle(this.#failure);
        return this.#checkpoint();
      },
      (error: unknown) => {
        for (const settle of covered) settle(error as GrapevineError);
        this.fail(error as GrapevineError);
      },
    );
    void this.#syncing.then(() => {
      this.#syncing = null;
      if (this.#unsynced.length > 0) this.#startSync();
      // Callers that were just resolved may append more in this turn: those entries share the transaction.
      else if (this.#pending.some(({ settle }) => settle !== null)) this.#scheduleCommit();
      else if (this.#pending.length > 0) this.#scheduleLazily();
    });
  }

  async #checkpoint(): Promise<void> {
    try {
      this.#checkpointing = this.#storage.checkpoint?.() ?? null;
      if (this.#checkpointing !== null) await this.#checkpointing;
    } catch (error) {
      this.fail(error as GrapevineError);
    } finally {
      this.#checkpointing = null;
    }
  }
}
