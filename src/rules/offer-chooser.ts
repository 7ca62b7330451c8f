/**
 * A desk's rules at work: decides about offers as they come in and keeps the totals for the daily limits. Deciding and
 * counting are one step, without anything waited for in between.
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
   * @param totals which knows what the journal says
   * @param now milliseconds since 1970
   */
  constructor(rules: readonly Rule[], now: () => number, totals: DailyTotals = new DailyTotals()) {
    this.#rules = rules;
    this.#now = now;
    this.#totals = totals;
  }

  /** From the next offer on. What has been taken stays taken, and counts. */
  setRules(rules: readonly Rule[]): void {
    this.#rules = rules;
  }

  /** Decides, and counts the offer when it is to be taken: who is told to take it accepts it. */
  choose(terms: OfferTerms, verified: boolean): Decision {
    const decision = this.explain(terms, verified);
    if (decision.take) this.took(terms);
    return decision;
  }

  /** The same decision without counting anything. */
  explain(terms: OfferTerms, verified: boolean): Decision {
    const now = this.#now();
    const takenToday = (pair: string | null) => this.#totals.takenToday(pair, now, keyOf(terms));
    return decide(this.#rules, { ...terms, verified }, { now, takenToday });
  }

  /** Somebody accepts it by hand: that counts as well, and is bound by no rule. */
  took(terms: OfferTerms): void {
    this.#totals.take(keyOf(terms), terms);
  }

  /** What happens to offers, as the desk tells it; all notices may be given. */
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
