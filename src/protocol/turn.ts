/**
 * One step in the making, for either half of the protocol: collects what has to be durable, what may be said then, and what
 * may be shown. It lives only within a step; what it hands out is never changed again.
 */
import type { Answer, DirectMessage, OfferTerms, Peer } from './messages.ts';
import type { Notice } from './notices.ts';
import type { Correlation, Effect, StepEnvironment, Transition } from './step.ts';

/** A notice without the names of the offer, which are the same for all of a step. */
export type NoticeBody<N extends Notice = Notice> = N extends Notice ? Omit<N, 'offerId' | 'maker'> : never;

/** How records become states, and which of them have to be durable before anything is said. */
export interface RecordRules<State, Record> {
  /** The fold: the only way from a record to a state, here as after a restart. */
  readonly apply: (state: State | null, record: Record) => State;
  readonly mustSync: (record: Record, before: State | null) => boolean;
}

export abstract class Turn<State extends { readonly terms: OfferTerms }, Record> {
  protected state: State;
  protected readonly wallMs: number;
  protected readonly monotonicMs: number;
  protected readonly life: number;
  readonly #rules: RecordRules<State, Record>;
  readonly #records: Record[] = [];
  #sync = false;
  readonly #effects: Effect[] = [];
  readonly #notices: Notice[] = [];

  /** @param state or the record that makes it */
  protected constructor(
    state: State | { readonly first: Record },
    { wallMs, monotonicMs, life }: StepEnvironment,
    rules: RecordRules<State, Record>,
  ) {
    this.wallMs = wallMs;
    this.monotonicMs = monotonicMs;
    this.life = life;
    this.#rules = rules;
    this.state = 'first' in state ? this.#written(null, state.first) : state;
  }

  protected record(record: Record): void {
    this.state = this.#written(this.state, record);
  }

  #written(before: State | null, record: Record): State {
    if (this.#rules.mustSync(record, before)) this.#sync = true;
    this.#records.push(record);
    return this.#rules.apply(before, record);
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
      sync: this.#sync,
      answer,
      effects: this.#effects,
      notices: this.#notices,
    };
  }
}
