/**
 * The true state of a world: the records of all journals, replayed with the product's own `applyMaker` and `applyTaker`. Checkers compare
 * messages and notices with it, and not with a desk's memory.
 *
 * Each account has two states: `written` includes lazy records; `durable` has only the records that survive a crash.
 */
import type { StoredOffer } from '../src/ports/journal.ts';
import type { OfferKey, PeerId } from '../src/protocol/ids.ts';
import { applyMaker, type MakerState } from '../src/protocol/maker-state.ts';
import type { JournalEntry, JournalRecord, MakerRecord, TakerRecord } from '../src/protocol/records.ts';
import { applyTaker, type TakerState } from '../src/protocol/taker-state.ts';
import { Checks } from './checks.ts';
import { makerOfKey } from './wire-payload.ts';
import { Violation, type Waited, type Witness } from './witness.ts';

/** The part of an account that survives a crash. */
interface Durable<State> {
  state: State | null;
  records: number;
  finished: boolean;
}

interface Account<State, Written> {
  state: State;
  readonly records: Written[];
  finished: boolean;
  durable: Durable<State>;
  /** Earlier states within the current event. A message that was decided then may be sent now. */
  readonly earlier: { readonly written: (State | null)[]; readonly durable: (State | null)[] };
}

export type MakerAccount = Account<MakerState, MakerRecord>;

export interface TakerAccount extends Account<TakerState, TakerRecord> {
  /** The epochs of all its durable confirmations. */
  readonly confirmed: Set<number>;
}

/** The state of all written records, or only of the durable ones. */
export type Fold = 'written' | 'durable';

export class Ledger implements Witness {
  readonly name = 'ledger';
  readonly checks = new Checks('records', 'recoveries', 'forgotten records');
  readonly #makers = new Map<OfferKey, MakerAccount>();
  /** The desks whose journal was replaced by a copy. */
  readonly wereRestored = new Set<PeerId>();
  readonly #copies = new Map<unknown, readonly (readonly [OfferKey, MakerAccount | TakerAccount])[]>();
  readonly #takers = new Map<OfferKey, Map<PeerId, TakerAccount>>();
  /** The accounts that have changed in the current event. */
  readonly #touched = new Set<MakerAccount | TakerAccount>();

  /** The offers of our desks. */
  get offers(): ReadonlyMap<OfferKey, MakerAccount> {
    return this.#makers;
  }

  get wanted(): ReadonlyMap<OfferKey, ReadonlyMap<PeerId, TakerAccount>> {
    return this.#takers;
  }

  maker(offer: OfferKey): MakerState | null {
    return this.#makers.get(offer)?.state ?? null;
  }

  taker(offer: OfferKey, taker: PeerId): TakerAccount | null {
    return this.#takers.get(offer)?.get(taker) ?? null;
  }

  takers(offer: OfferKey): Iterable<[PeerId, TakerAccount]> {
    return this.#takers.get(offer) ?? [];
  }

  /** All states of the maker's journal within the current event, the latest first. */
  makerStates(offer: OfferKey, fold: Fold): readonly (MakerState | null)[] {
    return statesOf(this.#makers.get(offer), fold);
  }

  takerStates(offer: OfferKey, taker: PeerId, fold: Fold): readonly (TakerState | null)[] {
    return statesOf(this.taker(offer, taker), fold);
  }

  /** The current event has ended, with all its promises. */
  rested(): void {
    for (const { earlier } of this.#touched) {
      earlier.written.length = 0;
      earlier.durable.length = 0;
    }
    this.#touched.clear();
  }

  wrote(desk: PeerId, entry: JournalEntry, waited: Waited = 'durable'): void {
    for (const record of entry.records) this.#apply(desk, entry.offer, record, entry.finished);
    if (waited === 'durable') this.synced(desk, entry);
  }

  /** A lazy entry has become durable. */
  synced(desk: PeerId, { offer, records, finished }: JournalEntry): void {
    for (const { role, record } of records) {
      if (role === 'maker') this.#settle(this.#makers.get(offer), applyMaker, record, finished);
      else {
        const account = this.taker(offer, desk);
        this.#settle(account, applyTaker, record, finished);
        if (record.type === 'confirmed') account?.confirmed.add(record.epoch);
      }
    }
  }

  /** A crash has lost the lazy entries. */
  forgot(desk: PeerId): void {
    for (const [offer, account] of [...this.#accountsOf(desk)]) {
      const { state, records, finished } = account.durable;
      if (records === account.records.length) continue;
      this.checks.did('forgotten records');
      account.earlier.written.length = 0;
      account.records.length = records;
      account.finished = finished;
      if (state !== null) account.state = state;
      else if ('confirmed' in account) this.#takers.get(offer)?.delete(desk);
      else this.#makers.delete(offer);
    }
  }

  copied(desk: PeerId, copy: unknown): void {
    const accounts = [...this.#accountsOf(desk)]
      .map(([offer, account]) => [offer, durableCopyOf(account)] as const)
      .filter(([, account]) => account.records.length > 0);
    this.#copies.set(copy, accounts);
  }

  /** The records after the copy are lost. No promise holds for their offers. */
  restored(desk: PeerId, copy: unknown): void {
    this.wereRestored.add(desk);
    for (const [offer] of [...this.#accountsOf(desk)]) {
      if (makerOfKey(offer) === desk) this.#makers.delete(offer);
      else this.#takers.get(offer)?.delete(desk);
    }
    for (const [offer, account] of this.#copies.get(copy) ?? []) {
      if ('confirmed' in account) this.#takersOf(offer).set(desk, durableCopyOf(account));
      else this.#makers.set(offer, durableCopyOf(account));
    }
  }

  /** Checks that a desk reads at its start exactly what it wrote, in order. */
  recovered(desk: PeerId, stored: readonly StoredOffer[]): void {
    const found = new Map(stored.map(({ offer, records }) => [offer, records.length]));
    for (const [offer, { records, finished }] of this.#accountsOf(desk)) {
      const count = found.get(offer) ?? 0;
      found.delete(offer);
      this.checks.did('recoveries');
      if (count === (finished ? 0 : records.length)) continue;
      throw new Violation(`journal: ${desk} wrote ${records.length} records of ${offer} and finds ${count}`);
    }
    for (const offer of found.keys()) throw new Violation(`journal: ${desk} finds ${offer}, which it never wrote`);
  }

  /** Whether this desk has unfinished offers in its journal. */
  isBusy(desk: PeerId): boolean {
    return [...this.#accountsOf(desk)].some(([, { finished }]) => !finished);
  }

  *#accountsOf(desk: PeerId): Iterable<[OfferKey, MakerAccount | TakerAccount]> {
    for (const [offer, account] of this.#makers) if (makerOfKey(offer) === desk) yield [offer, account];
    for (const [offer, takers] of this.#takers) {
      const account = takers.get(desk);
      if (account !== undefined) yield [offer, account];
    }
  }

  #apply(desk: PeerId, offer: OfferKey, { role, record }: JournalRecord, finished: boolean): void {
    this.checks.did('records');
    try {
      if (role === 'maker') this.#applyMaker(offer, record, finished);
      else this.#applyTaker(desk, offer, record, finished);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw new Violation(`S4: the journal of ${desk} about ${offer} makes no sense: ${text}`, { cause: error });
    }
  }

  #applyMaker(offer: OfferKey, record: MakerRecord, finished: boolean): void {
    const account = this.#makers.get(offer);
    const state = applyMaker(account?.state ?? null, record);
    if (account === undefined) this.#makers.set(offer, this.#begun(state, record, finished));
    else this.#go(account, state, record, finished);
  }

  #takersOf(offer: OfferKey): Map<PeerId, TakerAccount> {
    const takers = this.#takers.get(offer) ?? new Map<PeerId, TakerAccount>();
    this.#takers.set(offer, takers);
    return takers;
  }

  #applyTaker(desk: PeerId, offer: OfferKey, record: TakerRecord, finished: boolean): void {
    const takers = this.#takersOf(offer);
    const account = takers.get(desk);
    const state = applyTaker(account?.state ?? null, record);
    if (account !== undefined) this.#go(account, state, record, finished);
    else takers.set(desk, Object.assign(this.#begun(state, record, finished), { confirmed: new Set<number>() }));
  }

  #begun<State, Written>(state: State, record: Written, finished: boolean): Account<State, Written> {
    const durable = { state: null, records: 0, finished: false };
    const earlier = { written: [null], durable: [] };
    const account: Account<State, Written> = { state, records: [record], finished, durable, earlier };
    this.#touched.add(account as unknown as MakerAccount | TakerAccount);
    return account;
  }

  #go<State, Written>(account: Account<State, Written>, state: State, record: Written, finished: boolean): void {
    this.#touched.add(account as unknown as MakerAccount | TakerAccount);
    account.earlier.written.push(account.state);
    account.state = state;
    account.records.push(record);
    account.finished = finished;
  }

  #settle<State, Written>(
    account: Account<State, Written> | null | undefined,
    apply: (state: State | null, record: Written) => State,
    record: Written,
    finished: boolean,
  ): void {
    // The desk was restored meanwhile.
    if (account == null) return;
    const { durable, earlier } = account;
    this.#touched.add(account as unknown as MakerAccount | TakerAccount);
    earlier.durable.push(durable.state);
    account.durable = { state: apply(durable.state, record), records: durable.records + 1, finished };
  }
}

function statesOf<State>(account: Account<State, unknown> | null | undefined, fold: Fold): readonly (State | null)[] {
  if (account == null) return [null];
  const { state, durable, earlier } = account;
  return fold === 'written'
    ? [state, ...earlier.written.toReversed()]
    : [durable.state, ...earlier.durable.toReversed()];
}

/** The account as a copy of the journal has it. */
function durableCopyOf<Copied extends MakerAccount | TakerAccount>(account: Copied): Copied {
  const { state, records, finished } = account.durable;
  return {
    ...account,
    state: state ?? account.state,
    records: account.records.slice(0, records),
    finished,
    durable: { state, records, finished },
    earlier: { written: [], durable: [] },
    ...('confirmed' in account && { confirmed: new Set(account.confirmed) }),
  };
}
