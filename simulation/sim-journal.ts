/**
 * The journal port of one life of a desk: group commit on its disk, with a wait that can be looked into, and a death before
 * it, in the middle of it or after it. Of a torn group a prefix is durable and nobody is told of any of it.
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
  /** Time to read it at a start. */
  readonly readMs: number;
  /** Which of the desk's lives this is. */
  readonly number: number;
}

interface Waiting {
  readonly entry: JournalEntry;
  readonly resolve: () => void;
  readonly reject: (error: GrapevineError) => void;
}

export class SimJournal implements Journal, Pick<Archive, 'readFinished'> {
  readonly #init: SimJournalInit;
  readonly failed: Promise<GrapevineError>;
  #tellFailed: (error: GrapevineError) => void = () => undefined;
  #waiting: Waiting[] = [];
  #latest: Promise<void> = Promise.resolve();
  #failure: GrapevineError | null = null;

  constructor(init: SimJournalInit) {
    this.#init = init;
    this.failed = new Promise((resolve) => (this.#tellFailed = resolve));
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
    this.#latest = this.#append(entry);
    return this.#latest;
  }

  appendLazy(entry: JournalEntry): void {
    if (this.#failure !== null) throw this.#failure;
    const { disk, witness, life } = this.#init;
    if (!life.alive) return;
    // On the disk at once: what a crash may forget of it is not played here.
    void disk.write([entry]);
    witness.wrote?.(life.peer, entry);
  }

  /** Entries become durable in their order. */
  sync(): Promise<void> {
    return this.#failure === null ? this.#latest : Promise.reject(this.#failure);
  }

  #append(entry: JournalEntry): Promise<void> {
    const { timeline, fates, life } = this.#init;
    return new Promise((resolve, reject) => {
      if (!life.alive) return;
      if (this.#failure !== null) {
        reject(this.#failure);
        return;
      }
      this.#waiting.push({ entry, resolve, reject });
      if (this.#waiting.length > 1) return;
      timeline.after(fates.writeMs(life.peer), () => {
        if (life.alive && this.#waiting.length > 0) void this.#commit();
      });
    });
  }

  async readOffer(offer: OfferKey): Promise<readonly JournalRecord[]> {
    if (!this.#init.life.alive) return never();
    return this.#init.disk.readOffer(offer);
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

  /** A clean end: what waits is written. */
  async close(): Promise<void> {
    if (!this.#init.life.alive || this.#failure !== null) return;
    const group = this.#take();
    await this.#write(group);
    this.#failure = new GrapevineError('ERR_JOURNAL', 'the journal is closed');
    for (const { resolve } of group) resolve();
  }

  async #commit(): Promise<void> {
    const { fates, life } = this.#init;
    const group = this.#take();
    const fate = fates.write(life.peer, group.length);
    await this.#write(group.slice(0, durableOf(fate, group.length)));
    if (fate.kind === 'durable') for (const { resolve } of group) resolve();
    else if (fate.kind === 'fails before' || fate.kind === 'fails after') this.#fail(group);
    else life.crash(fate.kind === 'torn' ? 'group commit torn' : `${fate.kind} a write`);
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const { disk, witness, life } = this.#init;
    const entries = group.map(({ entry }) => entry);
    if (entries.length === 0) return;
    await disk.write(entries);
    for (const entry of entries) witness.wrote?.(life.peer, entry);
  }

  #take(): Waiting[] {
    const group = this.#waiting;
    this.#waiting = [];
    return group;
  }

  #fail(group: readonly Waiting[]): void {
    this.#failure = new GrapevineError('ERR_JOURNAL', 'the disk has failed');
    this.#tellFailed(this.#failure);
    for (const { reject } of [...group, ...this.#take()]) reject(this.#failure);
  }
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

/** The dead wait for nothing. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}
