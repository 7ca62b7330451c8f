/**
 * What a desk has taken, for the daily limits. Exactly: against the limits of a UTC day count, for each pair,
 *
 * - offers that were accepted, on whichever day, and are neither won nor lost yet (also those in doubt), and
 * - offers whose end as won falls on that day or later.
 *
 * What was lost, withdrawn or given up does not count any more. So whatever becomes of the offers that are under way, no day
 * ends with more won than its limit, also when they were accepted on the day before. Who chooses an offer counts it before
 * anything is waited for (`take`), so that several offers at once can't find the same room free.
 *
 * Two cases stay on the safe side: an offer that was voided in a restored copy of the journal counts as won, as it may have
 * been; so does what an operator closed as won, also if its maker says otherwise later. What was closed as lost does not
 * count, until its maker says that it was won.
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
  /** Accepted, and neither won nor lost. */
  readonly #open = new Map<OfferKey, Taking>();
  readonly #openByPair: TakenByPair = new Map();
  /** Won, by the number of the day: sums alone, so that a busy day takes no more room than a quiet one. */
  readonly #wonByDay = new Map<number, TakenByPair>();
  /** Closed by hand as lost: the maker's decision may still arrive. */
  readonly #closedAsLost = new Map<OfferKey, Taking>();

  /** Counts an offer as accepted. The same one again changes nothing. */
  take(offer: OfferKey, { pair, amount }: Taking): void {
    if (this.#open.has(offer)) return;
    this.#open.set(offer, { pair, amount });
    add(this.#openByPair, pair, amount);
  }

  /** It was not taken after all. An offer that is not under way is left as it is. */
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

  /** After a doubt was closed by hand, its maker says how it was. */
  truth(offer: OfferKey, won: boolean, at: number): void {
    const taking = this.#closedAsLost.get(offer);
    this.#closedAsLost.delete(offer);
    if (won && taking !== undefined) this.#countWon(taking, at);
  }

  /**
   * The journal's records of an offer, in their order: when a desk starts, of all offers that it takes and that are not
   * finished or whose last record is of today.
   */
  replay(offer: OfferKey, records: readonly TakerRecord[]): void {
    for (const record of records) this.#apply(offer, record);
  }

  /**
   * @param now milliseconds since 1970
   * @param except an offer that shall not count against itself
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
      // What is said after a deal does not change what was taken.
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
