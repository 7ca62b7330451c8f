/**
 * Asks the desk's program which offers it wants. An answer is not final. The program is asked again when it requests that, when the
 * access list or the function changes, and when an offer that we have not accepted, or have given up, is announced or listed again.
 * It is not asked about an offer while its answer is pending.
 */
import type { Alarm, Clock } from '../ports/clock.ts';
import type { OfferKey, PeerId } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';
import type { OfferTerms } from '../protocol/messages.ts';
import type { OfferBook, TakerActor } from './offer-book.ts';

/** Whether this desk wants an offer of another desk now; may return a promise. An error is logged and counts as no. */
export type Interest = (offer: OfferTerms) => boolean | Promise<boolean>;

export interface InterestRunnerInit {
  readonly interest: Interest | undefined;
  readonly book: OfferBook;
  readonly clock: Clock;
  /** Whether we do new business with this desk. */
  readonly allows: (maker: PeerId) => boolean;
  readonly failed: (error: unknown) => void;
}

export class InterestRunner {
  readonly #init: InterestRunnerInit;
  #interest: Interest | undefined;
  /** Offers with a pending answer. True: something changed since the question. */
  readonly #asked = new Map<OfferKey, boolean>();
  /**
   * Announced or listed again. The program is asked about all of them together, so that a flood of repetitions costs no more than
   * one.
   */
  readonly #repeated = new Set<OfferKey>();
  #alarm: Alarm | null = null;
  #pass: Promise<void> | null = null;
  #passes = 0;
  #stopped = false;

  constructor(init: InterestRunnerInit) {
    this.#init = init;
    this.#interest = init.interest;
  }

  set(interest: Interest | undefined): void {
    this.#interest = interest;
  }

  /** Asks about an offer that is new, or was given up and is announced again. */
  ask(offer: OfferKey): void {
    const actor = this.#init.book.others.inMemory(offer);
    const interest = this.#interest;
    if (this.#stopped || interest === undefined || actor === undefined || !this.#isUndecided(actor)) return;
    if (this.#asked.has(offer)) {
      this.#asked.set(offer, true);
      return;
    }
    this.#asked.set(offer, false);
    const isWanted = this.#answer(interest, actor);
    if (typeof isWanted === 'boolean') this.#onAnswer(offer, isWanted);
    else void isWanted.then((answer) => this.#onAnswer(offer, answer));
  }

  #onAnswer(offer: OfferKey, isWanted: boolean): void {
    const hasChanged = this.#asked.get(offer) === true;
    this.#asked.delete(offer);
    // It may have left the book and come back in the meantime. A decision of the operator is kept.
    const current = this.#init.book.others.inMemory(offer);
    if (isWanted && current !== undefined && this.#isUndecided(current)) current.post({ kind: 'accept' });
    else if (hasChanged) {
      queueMicrotask(() => this.ask(offer));
    }
  }

  /** Called for an offer that we know and that was announced or listed again. */
  onRepeated(offer: OfferKey): void {
    const actor = this.#init.book.others.inMemory(offer);
    if (this.#stopped || this.#interest === undefined || actor?.state?.phase !== 'seen' || !this.#isUndecided(actor))
      return;
    this.#repeated.add(offer);
    const { clock } = this.#init;
    this.#alarm ??= clock.wakeAtMonotonic(clock.monotonicNow() + DESK_LIMITS.interestAgainMs, () => {
      this.#alarm = null;
      const repeated = [...this.#repeated];
      this.#repeated.clear();
      void this.#askAbout(repeated);
    });
  }

  /**
   * Asks about every offer that is open and not accepted, the oldest first. One pass at a time: calls during a pass together cause
   * one more.
   * @returns when the program was asked about all offers; answers that it promised may arrive later
   */
  reconsider(): Promise<void> {
    this.#passes += 1;
    this.#pass ??= this.#runPasses().finally(() => {
      this.#pass = null;
    });
    return this.#pass;
  }

  stop(): void {
    this.#stopped = true;
    this.#alarm?.cancel();
    this.#repeated.clear();
  }

  async #runPasses(): Promise<void> {
    for (let pass = 0; pass !== this.#passes && !this.#stopped;) {
      pass = this.#passes;
      const offers = [...this.#init.book.others.running()].map(({ offer }) => offer);
      await this.#askAbout(offers);
    }
  }

  /** In batches, so that deals continue: a book has tens of thousands of offers. */
  async #askAbout(offers: readonly OfferKey[]): Promise<void> {
    for (let start = 0; start < offers.length; start += DESK_LIMITS.interestBatchMax) {
      if (start > 0) await new Promise(setImmediate);
      for (const offer of offers.slice(start, start + DESK_LIMITS.interestBatchMax)) this.ask(offer);
    }
  }

  #answer(interest: Interest, { state }: TakerActor): boolean | Promise<boolean> {
    try {
      const answer = state !== null && interest(state.terms);
      return typeof answer === 'boolean' ? answer : Promise.resolve(answer).catch(this.#isNo);
    } catch (error) {
      return this.#isNo(error);
    }
  }

  readonly #isNo = (error: unknown): boolean => {
    this.#init.failed(error);
    return false;
  };

  #isUndecided({ state }: TakerActor): boolean {
    if (state?.phase !== 'seen' && state?.phase !== 'gaveUp') return false;
    return this.#init.allows(state.terms.maker);
  }
}
