/**
 * One step in the making, for either half of the protocol: collects what has to be durable, what may be said then, and what
 * may be shown. It lives only within a step; what it hands out is never changed again.
 */
import type { Answer, DirectMessage, OfferTerms, Peer } from './messages.ts';
import type { Notice } from './notices.ts';
import type { Correlation, Effect, Transition } from './step.ts';

/** A notice without the names of the offer, which are the same for all of a step. */
export type NoticeBody<N extends Notice = Notice> = N extends Notice ? Omit<N, 'offerId' | 'maker'> : never;

export abstract class Turn<State extends { readonly terms: OfferTerms }, Record> {
  protected state: State;
  protected readonly now: number;
  readonly #apply: (state: State, record: Record) => State;
  readonly #records: Record[];
  readonly #effects: Effect[] = [];
  readonly #notices: Notice[] = [];

  /**
   * @param apply the fold: the only way from a record to a state, here as after a restart
   * @param records those that `state` itself is made of, where this step made it
   */
  protected constructor(
    state: State,
    now: number,
    apply: (state: State, record: Record) => State,
    records: readonly Record[] = [],
  ) {
    this.state = state;
    this.now = now;
    this.#apply = apply;
    this.#records = [...records];
  }

  protected record(record: Record): void {
    this.state = this.#apply(this.state, record);
    this.#records.push(record);
  }

  /** What is not from records, and may be forgotten at any time. */
  protected set(part: Partial<State>): void {
    this.state = { ...this.state, ...part };
  }

  protected notice(notice: NoticeBody): void {
    const { offerId, maker } = this.state.terms;
    this.#notices.push({ offerId, maker, ...notice });
  }

  protected send(to: Peer, message: DirectMessage, correlation: Correlation, once = false): void {
    this.#effects.push({ kind: 'send', to, message, correlation, once });
  }

  protected broadcast(effect: Omit<Extract<Effect, { kind: 'broadcast' }>, 'kind'>): void {
    this.#effects.push({ kind: 'broadcast', ...effect });
  }

  protected finish(answer: Answer | null): Transition<State, Record> {
    return {
      state: this.state,
      records: this.#records,
      answer,
      effects: this.#effects,
      notices: this.#notices,
    };
  }
}
