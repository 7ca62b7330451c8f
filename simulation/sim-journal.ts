/**
 * The journal port of one life of a desk: group commits on its disk, with possible crashes before, during and after a commit. After a
 * crash during a commit, the first entries of the group are durable, and no append has resolved.
 *
 * Lazy entries can be read at once, and become durable with the next entry that is waited for. Before that, a crash leaves any number of
 * the first pending entries on the disk.
 */
import type { Archive, StoredPage } from '../src/ports/archive.ts';
import type { Journal, StoredOffer } from '../src/ports/journal.ts';
import { GrapevineError } from '../src/protocol/errors.ts';
import type { OfferId, OfferKey } from '../src/protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../src/protocol/records.ts';
import type { Disk } from './disk.ts';
import type { Fates, WriteFate } from './fates.ts';
import type { Life } from './router.ts';
import type { Timeline } from './timeline.ts';
import type { Witness } from './witness.ts';

export interface SimJournalInit {
  readonly disk: Disk;
  readonly life: Life;
  readonly timeline: Timeline;
  readonly fates: Fates;
  readonly witness: Witness;
  /** The time to read the journal at a start. */
  readonly readMs: number;
  /** The number of the desk's life. */
  readonly number: number;
}

/** An entry that is not durable yet, or a call of `sync`. */
interface Appended {
  /** Null: a call of `sync`. */
  readonly entry: JournalEntry | null;
  /** Null: a lazy entry. */
  readonly waiting: { readonly resolve: () => void; readonly reject: (error: GrapevineError) => void } | null;
}

export class SimJournal implements Journal, Pick<Archive, 'readFinished'> {
  readonly #init: SimJournalInit;
  readonly failed: Promise<GrapevineError>;
  #resolveFailed: (error: GrapevineError) => void = () => undefined;
  /** In the order of the appends, which is the order in which they become durable. */
  #tail: Appended[] = [];
  #isCommitPlanned = false;
  #failure: GrapevineError | null = null;

  constructor(init: SimJournalInit) {
    this.#init = init;
    this.failed = new Promise((resolve) => (this.#resolveFailed = resolve));
  }

  get life(): number {
    return this.#init.number;
  }

  get restored(): boolean {
    return this.#init.disk.isRestored();
  }

  beginGeneration(): Promise<void> {
    return this.#init.life.alive ? this.#init.disk.beginGeneration() : never();
  }

  append(entry: JournalEntry): Promise<void> {
    return this.#wait(entry);
  }

  appendLazy(entry: JournalEntry): void {
    if (this.#failure !== null) throw this.#failure;
    const { witness, life, fates, timeline } = this.#init;
    if (!life.alive) return;
    this.#tail.push({ entry, waiting: null });
    witness.wrote?.(life.peer, entry, 'lazily');
    if (!fates.lazyWrite(life.peer, entriesOf(this.#tail).length)) return;
    timeline.after(1, () => {
      if (life.alive) life.crash('after a write that nobody waits for');
    });
  }

  sync(): Promise<void> {
    if (this.#failure === null && this.#tail.length === 0) return Promise.resolve();
    return this.#wait(null);
  }

  #wait(entry: JournalEntry | null): Promise<void> {
    const { life } = this.#init;
    return new Promise((resolve, reject) => {
      if (!life.alive) return;
      if (this.#failure !== null) {
        reject(this.#failure);
        return;
      }
      this.#tail.push({ entry, waiting: { resolve, reject } });
      this.#planCommit();
    });
  }

  #planCommit(): void {
    const { timeline, fates, life } = this.#init;
    if (this.#isCommitPlanned) return;
    this.#isCommitPlanned = true;
    timeline.after(fates.writeMs(life.peer), () => {
      this.#isCommitPlanned = false;
      if (life.alive && this.#tail.length > 0) void this.#commit();
    });
  }

  /** Includes records that are not durable yet. */
  async readOffer(offer: OfferKey): Promise<readonly JournalRecord[]> {
    if (!this.#init.life.alive) return never();
    const stored = await this.#init.disk.readOffer(offer);
    const late = entriesOf(this.#tail).filter((entry) => entry.offer === offer);
    return [...stored, ...late.flatMap(({ records }) => records)];
  }

  async readLatestUnder(reference: string): Promise<StoredOffer | null> {
    if (!this.#init.life.alive) return never();
    return this.#init.disk.readLatestUnder(reference);
  }

  async readRenewalOf(offerId: OfferId): Promise<StoredOffer | null> {
    if (!this.#init.life.alive) return never();
    return this.#init.disk.readRenewalOf(offerId);
  }

  async readUnfinished(): Promise<readonly StoredOffer[]> {
    const { timeline, readMs, disk, life, witness } = this.#init;
    await new Promise<void>((resolve) => timeline.after(readMs, resolve));
    if (!life.alive) return never();
    const stored = await disk.readUnfinished();
    witness.recovered?.(life.peer, stored);
    return stored;
  }

  async readFinished(): Promise<StoredPage> {
    if (!this.#init.life.alive) return never();
    return { offers: await this.#init.disk.readFinished(), next: null };
  }

  /** Writes the pending entries. */
  async close(): Promise<void> {
    if (!this.#init.life.alive || this.#failure !== null) return;
    const group = this.#take();
    await this.#write(group);
    this.#failure = new GrapevineError('ERR_JOURNAL', 'the journal is closed');
    for (const { waiting } of group) waiting?.resolve();
  }

  /** The process has crashed. The disk keeps the first few of the entries that are not durable. */
  crashed(): readonly JournalEntry[] {
    const { fates, life } = this.#init;
    const tail = this.#take().filter(({ entry }) => entry !== null);
    const kept = fates.tail(life.peer, tail.length);
    void this.#write(tail.slice(0, kept));
    return entriesOf(tail.slice(kept).filter(({ waiting }) => waiting === null));
  }

  async #commit(): Promise<void> {
    const { fates, life } = this.#init;
    const group = this.#take();
    const entries = group.filter(({ entry }) => entry !== null);
    const fate = fates.write(life.peer, entries.length);
    const durable = fate.kind === 'durable' ? group : entries.slice(0, durableOf(fate, entries.length));
    if (fate.kind !== 'durable') this.#tail = [...entries.slice(durable.length), ...this.#tail];
    await this.#write(durable);
    if (fate.kind === 'durable') for (const { waiting } of group) waiting?.resolve();
    else if (fate.kind === 'fails before' || fate.kind === 'fails after') this.#fail(group);
    else life.crash(fate.kind === 'torn' ? 'group commit torn' : `${fate.kind} a write`);
  }

  async #write(group: readonly Appended[]): Promise<void> {
    const { disk, witness, life } = this.#init;
    const entries = entriesOf(group);
    if (entries.length === 0) return;
    // The entries are on the disk when this resolves.
    const written = disk.write(entries);
    for (const { entry, waiting } of group) {
      if (entry === null) continue;
      if (waiting === null) witness.synced?.(life.peer, entry);
      else witness.wrote?.(life.peer, entry, 'durable');
    }
    await written;
  }

  #take(): Appended[] {
    const group = this.#tail;
    this.#tail = [];
    return group;
  }

  #fail(group: readonly Appended[]): void {
    const failure = new GrapevineError('ERR_JOURNAL', 'the disk has failed');
    this.#failure = failure;
    this.#resolveFailed(failure);
    for (const { waiting } of [...group, ...this.#tail]) waiting?.reject(failure);
  }
}

function entriesOf(appended: readonly Appended[]): readonly JournalEntry[] {
  return appended.flatMap(({ entry }) => entry ?? []);
}

function durableOf(fate: WriteFate, entries: number): number {
  switch (fate.kind) {
    case 'durable':
    case 'crash after':
    case 'fails after':
      return entries;
    case 'torn':
      return fate.keep;
    case 'crash before':
    case 'fails before':
      return 0;
  }
}

/** After a crash, promises stay pending. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}
