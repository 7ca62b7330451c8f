/**
 * The truth of a world: what every journal ever held, folded through the product's own `apply`. Checkers compare what is
 * said and believed with this, never with what a desk has in memory.
 */
import type { StoredOffer } from '../src/ports/journal.ts';
import type { OfferKey, PeerId } from '../src/protocol/ids.ts';
import { applyMaker, type MakerState } from '../src/protocol/maker-state.ts';
import type { JournalEntry, JournalRecord, MakerRecord, TakerRecord } from '../src/protocol/records.ts';
import { applyTaker, type TakerState } from '../src/protocol/taker-state.ts';
import { Checks } from './checks.ts';
import { makerOfKey } from './wire-payload.ts';
import { Violation, type Witness } from './witness.ts';

export interface MakerAccount {
  state: MakerState;
  readonly records: MakerRecord[];
  finished: boolean;
}

export interface TakerAccount {
  state: TakerState;
  readonly records: TakerRecord[];
  finished: boolean;
  /** Reservations that it ever confirmed. */
  readonly confirmed: Set<number>;
}

export class Ledger implements Witness {
  readonly name = 'ledger';
  readonly checks = new Checks('records', 'recoveries');
  readonly #makers = new Map<OfferKey, MakerAccount>();
  /** Desks whose journal was replaced by a copy. */
  readonly wereRestored = new Set<PeerId>();
  readonly #copies = new Map<unknown, readonly (readonly [OfferKey, MakerAccount | TakerAccount])[]>();
  readonly #takers = new Map<OfferKey, Map<PeerId, TakerAccount>>();

  /** Of offers whose makers are desks of ours. */
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

  wrote(desk: PeerId, { offer, records, finished }: JournalEntry): void {
    for (const record of records) this.#apply(desk, offer, record, finished);
  }

  copied(desk: PeerId, copy: unknown): void {
    const accounts = [...this.#accountsOf(desk)].map(([offer, account]) => [offer, copyOf(account)] as const);
    this.#copies.set(copy, accounts);
  }

  /** What came after the copy is forgotten, and what becomes of those offers is nobody's promise any more. */
  restored(desk: PeerId, copy: unknown): void {
    this.wereRestored.add(desk);
    for (const [offer] of [...this.#accountsOf(desk)]) {
      if (makerOfKey(offer) === desk) this.#makers.delete(offer);
      else this.#takers.get(offer)?.delete(desk);
    }
    for (const [offer, account] of this.#copies.get(copy) ?? []) {
      if ('confirmed' in account) this.#takersOf(offer).set(desk, copyOf(account));
      else this.#makers.set(offer, copyOf(account));
    }
  }

  /** What a desk reads at a start is what it wrote: everything, in order, and nothing else. */
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

  /** Whether this desk still has something to do, as far as its journal says. */
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
    if (account === undefined) {
      this.#makers.set(offer, { state, records: [record], finished });
      return;
    }
    account.state = state;
    account.records.push(record);
    account.finished = finished;
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
    const confirmed = account?.confirmed ?? new Set<number>();
    if (record.type === 'confirmed') confirmed.add(record.epoch);
    if (account === undefined) {
      takers.set(desk, { state, records: [record], finished, confirmed });
      return;
    }
    account.state = state;
    account.records.push(record);
    account.finished = finished;
  }
}

function copyOf<Account extends MakerAccount | TakerAccount>(account: Account): Account {
  const confirmed = 'confirmed' in account ? { confirmed: new Set(account.confirmed) } : {};
  return { ...account, records: [...account.records], ...confirmed };
}
