/**
 * Gathers what is appended in one turn of the event loop and has it written in one go: a disk that takes 4,000 commits a
 * second takes 100,000 entries, and nobody waits longer for it than one commit. In the order in which they came.
 */
import type { GrapevineError } from '../protocol/errors.ts';

/** Entries of one transaction; more go into the next one, so that other work gets its turn between. */
const ENTRIES_PER_COMMIT_MAX = 512;

/** Writes all, durably; says for each whether it was refused. Throws when the whole of it failed. */
export type Write<Entry> = (entries: readonly Entry[]) => readonly (GrapevineError | null)[];

/** Calls back later: by default when this turn of the event loop ends. */
export type Schedule = (commit: () => void) => void;

interface Waiting<Entry> {
  readonly entry: Entry;
  readonly resolve: () => void;
  readonly reject: (error: GrapevineError) => void;
}

export interface CommitCounts {
  /** Transactions, each with one wait for the disk. */
  readonly commits: number;
  /** Entries that are durable. */
  readonly entries: number;
  /** Entries that the database refused. */
  readonly refused: number;
}

export class GroupCommit<Entry> {
  readonly #write: Write<Entry>;
  readonly #schedule: Schedule;
  readonly #waiting: Waiting<Entry>[] = [];
  #failure: GrapevineError | null = null;
  #counts: CommitCounts = { commits: 0, entries: 0, refused: 0 };

  /** @param write must throw nothing but a GrapevineError */
  constructor(write: Write<Entry>, schedule: Schedule = (commit) => void setImmediate(commit)) {
    this.#write = write;
    this.#schedule = schedule;
  }

  get counts(): CommitCounts {
    return this.#counts;
  }

  /** Why nothing is taken any more. */
  get failure(): GrapevineError | null {
    return this.#failure;
  }

  add(entry: Entry): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      if (this.#waiting.length === 1)
        this.#schedule(() => {
          this.#commitSome();
        });
    });
  }

  /** Writes all that waits, now. */
  flush(): void {
    while (this.#waiting.length > 0) this.#commitBatch();
  }

  /** What waits is refused, and all that comes later. */
  fail(failure: GrapevineError): void {
    this.#failure ??= failure;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }

  #commitSome(): void {
    this.#commitBatch();
    if (this.#waiting.length > 0)
      this.#schedule(() => {
        this.#commitSome();
      });
  }

  #commitBatch(): void {
    const batch = this.#waiting.splice(0, ENTRIES_PER_COMMIT_MAX);
    if (batch.length === 0) return;
    try {
      this.#settle(batch, this.#write(batch.map(({ entry }) => entry)));
    } catch (error) {
      // After an error of the disk nobody knows what is on it: SQLite may even find these entries there at the next
      // start. So nothing may be said on top of them.
      for (const { reject } of batch) reject(error as GrapevineError);
      this.fail(error as GrapevineError);
    }
  }

  #settle(batch: readonly Waiting<Entry>[], refusals: readonly (GrapevineError | null)[]): void {
    const refused = refusals.filter((refusal) => refusal !== null).length;
    const { commits, entries, refused: before } = this.#counts;
    this.#counts = { commits: commits + 1, entries: entries + batch.length - refused, refused: before + refused };
    batch.forEach(({ resolve, reject }, index) => {
      const refusal = refusals[index] ?? null;
      if (refusal === null) resolve();
      else reject(refusal);
    });
  }
}
