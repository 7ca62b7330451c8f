/**
 * Counts what a desk has accepted, for the daily limits. These count against a pair's limits of a UTC day:
 *
 * - offers that were accepted on any day and are not decided yet, including those in doubt, and
 * - offers that were won on that day or later.
 *
 * Offers that were lost, withdrawn or given up no longer count. So whatever the outcome of undecided offers, no day ends with more
 * won offers than its limit, even if they were accepted on the day before. An offer is counted (`take`) in the same turn in which it
 * is chosen, so that several offers can't use the same room.
 *
 * Two cases count as won, to be safe. An offer that was voided in a restored copy of the journal may have been won; it counts until
 * the next restart, which finds only deals. An offer that an operator closed as won counts even if its maker says otherwise later. An
 * offer that was closed as lost does not count, unless its maker says later that it was won.
 */
import type { Decimal, OfferKey } from '../protocol/ids.ts';
import type { OfferTerms } from '../protocol/messages.ts';
import type { TakerRecord } from '../protocol/records.ts';
import { addDecimals, subtractDecimals } from '../wire/decimal-arithmetic.ts';
import { NOTHING_TAKEN, type Taken } from './decide.ts';

const DAY_MS = 86_400_000;

type Taking = Pick<OfferTerms, 'pair' | 'amount'>;

type TakenByPair = Map<string | null, Taken>;

export class DailyTotals {
  /** Accepted and not decided. */
  readonly #open = new Map<OfferKey, Taking>();
  readonly #openByPair: TakenByPair = new Map();
  /** Won, by number of the day: only sums, so that a busy day needs no more memory. */
  readonly #wonByDay = new Map<number, TakenByPair>();
  /** Closed by hand as lost; the maker's decision may still arrive. */
  readonly #closedAsLost = new Map<OfferKey, Taking>();

  /** Counts an offer as accepted. Repeating it has no effect. */
  take(offer: OfferKey, { pair, amount }: Taking): void {
    if (this.#open.has(offer)) return;
    this.#open.set(offer, { pair, amount });
    add(this.#openByPair, pair, amount);
  }

  /** Called when the offer was not accepted after all. No effect on an offer that is not counted as open. */
  release(offer: OfferKey): void {
    this.#endOpen(offer);
  }

  /** @param at milliseconds since 1970 */
  won(offer: OfferKey, at: number): void {
    const taking = this.#endOpen(offer);
    if (taking !== null) this.#countWon(taking, at);
  }

  closedAsLost(offer: OfferKey): void {
    const taking = this.#endOpen(offer);
    if (taking !== null) this.#closedAsLost.set(offer, taking);
  }

  /** Called when the maker's decision arrives after a doubt was closed by hand. */
  truth(offer: OfferKey, won: boolean, at: number): void {
    const taking = this.#closedAsLost.get(offer);
    this.#closedAsLost.delete(offer);
    if (won && taking !== undefined) this.#countWon(taking, at);
  }

  /** Replays all records of an offer that is not counted yet. */
  replay(offer: OfferKey, records: readonly TakerRecord[]): void {
    for (const record of records) this.#apply(offer, record);
  }

  /**
   * @param now milliseconds since 1970
   * @param except an offer that is not counted
   */
  takenToday(pair: string | null, now: number, except?: OfferKey): Taken {
    const today = dayOf(now);
    let taken = this.#openTaken(pair, except);
    for (const [day, byPair] of this.#wonByDay) {
      if (day < today) this.#wonByDay.delete(day);
      else taken = sum(taken, byPair.get(pair) ?? NOTHING_TAKEN);
    }
    return taken;
  }

  #openTaken(pair: string | null, except: OfferKey | undefined): Taken {
    const taken = this.#openByPair.get(pair) ?? NOTHING_TAKEN;
    const own = except === undefined ? undefined : this.#open.get(except);
    return own?.pair === pair ? less(taken, own.amount) : taken;
  }

  #apply(offer: OfferKey, record: TakerRecord): void {
    switch (record.type) {
      case 'accepting':
        this.take(offer, record.terms);
        return;
      case 'won':
      case 'voided':
        this.won(offer, record.at);
        return;
      case 'lost':
      case 'withdrawn':
      case 'gaveUp':
        this.release(offer);
        return;
      case 'closed':
        if (record.as === 'won') this.won(offer, record.at);
        else this.closedAsLost(offer);
        return;
      case 'truth':
        this.truth(offer, record.won, record.at);
        return;
      // Reports after a deal do not change what was accepted.
      case 'confirmed':
      case 'released':
      case 'reported':
      case 'reportDelivered':
      case 'reportReceived':
        return;
    }
  }

  #endOpen(offer: OfferKey): Taking | null {
    const taking = this.#open.get(offer);
    if (taking === undefined) return null;
    this.#open.delete(offer);
    subtract(this.#openByPair, taking.pair, taking.amount);
    return taking;
  }

  #countWon({ pair, amount }: Taking, at: number): void {
    const day = dayOf(at);
    const byPair = this.#wonByDay.get(day) ?? (new Map() as TakenByPair);
    this.#wonByDay.set(day, byPair);
    add(byPair, pair, amount);
  }
}

function dayOf(time: number): number {
  return Math.floor(time / DAY_MS);
}

function sum(a: Taken, b: Taken): Taken {
  return { amount: addDecimals(a.amount, b.amount), deals: a.deals + b.deals };
}

function add(byPair: TakenByPair, pair: string | null, amount: Decimal): void {
  byPair.set(pair, sum(byPair.get(pair) ?? NOTHING_TAKEN, { amount, deals: 1 }));
}

function subtract(byPair: TakenByPair, pair: string | null, amount: Decimal): void {
  const before = byPair.get(pair) ?? NOTHING_TAKEN;
  if (before.deals <= 1) byPair.delete(pair);
  else byPair.set(pair, less(before, amount));
}

function less(taken: Taken, amount: Decimal): Taken {
  return { amount: subtractDecimals(taken.amount, amount), deals: taken.deals - 1 };
}
