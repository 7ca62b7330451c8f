/**
 * What the programs of a world order that give jobs: offers with a reference, a time for the report, and renewals. They
 * order the same again, as after a crash of their own.
 */
import type { OfferDraft } from '../src/desk/offer-draft.ts';
import { Dice } from './dice.ts';

/** The share of worlds with jobs. The other worlds stay as they were. */
const WITH_JOBS = 0.25;
const ATTEMPTS_MAX = 3;
const DONE_WITHIN_MAX_MS = 60_000;
const VALID_MAX_MS = 600_000;

/** All renewals that follow each other without an operator can take so long. */
export const RENEWALS_MAX_MS = ATTEMPTS_MAX * (VALID_MAX_MS + DONE_WITHIN_MAX_MS);

export class JobOrders {
  readonly #dice: Dice;
  #count = 0;

  private constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** Null for a world without jobs. */
  static of(seed: number): JobOrders | null {
    const dice = new Dice(seed, 'jobs');
    return dice.chance(WITH_JOBS) ? new JobOrders(dice) : null;
  }

  /** Most offers become jobs. */
  from(draft: OfferDraft): OfferDraft {
    const dice = this.#dice;
    if (dice.chance(0.2)) return draft;
    this.#count += 1;
    const job: OfferDraft = { ...draft, type: 'job', reference: `job-${this.#count}` };
    const timed = dice.chance(0.7) ? { ...job, doneWithinMs: dice.spread(1_000, DONE_WITHIN_MAX_MS) } : job;
    if (dice.chance(0.2)) return timed;
    return { ...timed, ifFailed: 'renew', attempts: dice.whole(2, ATTEMPTS_MAX), excludeFailed: dice.chance(0.5) };
  }

  /** After how many milliseconds each the same is ordered again. */
  repetitions(): readonly number[] {
    return Array.from({ length: this.#dice.whole(0, 3) }, () => this.#dice.spread(1, 120_000));
  }

  /** After how many milliseconds the offer is renewed by hand; null: it is not. */
  renewalByHandMs(): number | null {
    return this.#dice.chance(0.3) ? this.#dice.spread(1, 120_000) : null;
  }
}
