/**
 * Calls the program's function to decide which offers to accept. An answer is not final. The function is called again
 * when the program requests that, when the access lists or the function change, and when an offer that we have not
 * accepted, or have given up, is announced or listed again. It is not called for an offer while its answer is pending.
 */
import type { Alarm, Clock } from '../ports/clock.ts';
import type { OfferKey, PeerId } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';
import type { OfferTerms } from '../protocol/messages.ts';
import type { OfferBook, TakerActor } from './offer-book.ts';

/** Whether to accept an offer of another desk now; may return a promise. An error is logged and counts as false. */
export type Interest = (offer: OfferTerms) => boolean | Promise<boolean>;

export interface InterestRunnerInit {
  readonly interest?: Interest | undefined;
  readonly book: OfferBook;
  readonly clock: Clock;
  /** Whether we do new business with this desk. */
  readonly allows: (maker: PeerId) => boolean;
  readonly failed: (error: unknown) => void;
}

export class InterestRunner {
  readonly #init: InterestRunnerInit;
  #interest: Interest | undefined;
  /** Offers with a pending answer. True: something has changed since the call. */
  readonly #asked = new Map<OfferKey, boolean>();
  /**
   * Offers that were announced or listed again. They are asked about together after a short wait, so that many
   * repetitions cost no more than one.
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

  /** Asks about an offer, if it is undecided. */
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
    // In the meantime, the offer may have left the book and come back, or the operator may have decided.
    const current = this.#init.book.others.inMemory(offer);
    if (isWanted && current !== undefined && this.#isUndecided(current)) current.post({ kind: 'accept' });
    else if (hasChanged) {
      queueMicrotask(() => this.ask(offer));
    }
  }

  /** Called when an offer that we know is announced or listed again. */
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
   * Asks about every undecided offer, the oldest first. One pass at a time: all calls during a pass together cause one
   * more pass.
   * @returns when the function has been called for all offers; promises that it returned may still be pending
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

  /** Asks in batches, so that deals continue: a book can have tens of thousands of offers. */
  async #askAbout(offers: readonly OfferKey[]): Promise<void> {
    for (let start = 0; start < offers.length; start += DESK_LIMITS.interestBatchMax) {
      if (start > 0) await new Promise(setImmediate);
      for (const offer of offers.slice(start, start + DESK_LIMITS.interestBatchMax)) this.ask(offer);
    }
  }

  #answer(interest: Interest, { state }: TakerActor): boolean | Promise<boolean> {
    try {
      const answer = state !== null && interest(state.terms);
      return typeof answer === 'boolean' ? answer : Promise.resolve(answer).catch(this.#onError);
    } catch (error) {
      return this.#onError(error);
    }
  }

  readonly #onError = (error: unknown): boolean => {
    this.#init.failed(error);
    return false;
  };

  #isUndecided({ state }: TakerActor): boolean {
    if (state?.phase !== 'seen' && state?.phase !== 'gaveUp') return false;
    return this.#init.allows(state.terms.maker);
  }
}
