/**
 * Applies a desk's rules to offers and keeps the totals for the daily limits. Deciding and counting happen in one step, without
 * waiting.
 */
import { offerKey, type OfferKey } from '../protocol/ids.ts';
import type { OfferTerms } from '../protocol/messages.ts';
import type { Notice } from '../protocol/notices.ts';
import { DailyTotals } from './daily-totals.ts';
import { decide, type Decision } from './decide.ts';
import type { Rule } from './rule.ts';

export class OfferChooser {
  readonly #totals: DailyTotals;
  readonly #now: () => number;
  #rules: readonly Rule[];

  /**
   * @param totals filled from the journal
   * @param now milliseconds since 1970
   */
  constructor(rules: readonly Rule[], now: () => number, totals: DailyTotals = new DailyTotals()) {
    this.#rules = rules;
    this.#now = now;
    this.#totals = totals;
  }

  /** Used from the next offer on. The totals stay. */
  setRules(rules: readonly Rule[]): void {
    this.#rules = rules;
  }

  /** Decides, and counts the offer if it is to be accepted: the caller then accepts it. */
  choose(terms: OfferTerms, verified: boolean): Decision {
    const decision = this.explain(terms, verified);
    if (decision.take) this.took(terms);
    return decision;
  }

  /** The same decision without counting. */
  explain(terms: OfferTerms, verified: boolean): Decision {
    const now = this.#now();
    const takenToday = (pair: string | null) => this.#totals.takenToday(pair, now, keyOf(terms));
    return decide(this.#rules, { ...terms, verified }, { now, takenToday });
  }

  /** Counts an offer that is accepted by hand. No rule limits that. */
  took(terms: OfferTerms): void {
    this.#totals.take(keyOf(terms), terms);
  }

  /** Updates the totals; accepts all notices of a desk. */
  onNotice(notice: Notice): void {
    const offer = keyOf(notice);
    switch (notice.event) {
      case 'deal.won':
      case 'offer.voided':
        this.#totals.won(offer, this.#now());
        return;
      case 'deal.lost':
      case 'acceptance.withdrawn':
      case 'offer.gone':
        this.#totals.release(offer);
        return;
      case 'deal.closed_by_hand':
        if (notice.as === 'won') this.#totals.won(offer, this.#now());
        else this.#totals.closedAsLost(offer);
        return;
      case 'deal.truth':
        this.#totals.truth(offer, notice.won, this.#now());
        return;
      default:
    }
  }
}

function keyOf({ maker, offerId }: Pick<OfferTerms, 'maker' | 'offerId'>): OfferKey {
  return offerKey(maker, offerId);
}
