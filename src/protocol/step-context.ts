/**
 * What one step works on, for either half of the protocol: the state so far, and what comes of the step. It collects the
 * records, the messages that may leave once those are durable, and the notices for operators and programs. It lives only within a
 * step; what it hands out is never changed again.
 *
 * A phase changes by `record` or by `move` alone. Both go through the fold, and so through the table of the lifecycle.
 */
import { drawsFrom, type Draw } from './draw.ts';
import type { Answer, DirectMessage, OfferTerms, Peer } from './messages.ts';
import type { PeerId } from './ids.ts';
import type { Notice } from './notices.ts';
import type { Correlation, Effect, StepEnvironment, Transition } from './step.ts';

/** A notice without the names of the offer, which are the same for all of a step. */
export type NoticeBody<N extends Notice = Notice> = N extends Notice ? Omit<N, 'offerId' | 'maker'> : never;

interface OfferState {
  readonly terms: OfferTerms;
  readonly phase: string;
}

/** How records become states, and which of them have to be durable before anything is said. */
export interface RecordRules<State, Record, Unwritten> {
  /**
   * The fold: the only way from a record to a state, here as after a restart.
   * @throws IllegalRecordError where the table of the lifecycle has no such way
   */
  readonly apply: (state: State | null, happening: Record | Unwritten) => State;
  readonly mustSync: (record: Record, before: State | null) => boolean;
}

/** `Unwritten` are changes of the phase that no record tells. */
export class StepContext<State extends OfferState, Record, Unwritten = never> {
  /** This desk. */
  readonly self: PeerId;
  readonly wallMs: number;
  readonly monotonicMs: number;
  readonly life: number;
  readonly draw: Draw;
  #state: State;
  readonly #rules: RecordRules<State, Record, Unwritten>;
  readonly #records: Record[] = [];
  #sync = false;
  readonly #effects: Effect[] = [];
  readonly #notices: Notice[] = [];

  /** @param state or the record that makes it */
  constructor(
    state: State | { readonly first: Record },
    env: StepEnvironment,
    self: PeerId,
    rules: RecordRules<State, Record, Unwritten>,
  ) {
    this.self = self;
    this.wallMs = env.wallMs;
    this.monotonicMs = env.monotonicMs;
    this.life = env.life;
    this.draw = drawsFrom(() => env.random);
    this.#rules = rules;
    this.#state = 'first' in state ? this.#written(null, state.first) : state;
  }

  get state(): State {
    return this.#state;
  }

  record(record: Record): void {
    this.#state = this.#written(this.#state, record);
  }

  #written(before: State | null, record: Record): State {
    if (this.#rules.mustSync(record, before)) this.#sync = true;
    this.#records.push(record);
    return this.#rules.apply(before, record);
  }

  /** Changes the phase without a record: a crash may forget it. */
  move(happening: Unwritten): void {
    this.#state = this.#rules.apply(this.#state, happening);
  }

  /** What is not from records, and may be forgotten at any time. */
  set(part: Partial<Omit<State, 'phase' | 'terms'>>): void {
    this.#state = { ...this.#state, ...part };
  }

  notice(notice: NoticeBody): void {
    const { offerId, maker } = this.#state.terms;
    this.#notices.push({ offerId, maker, ...notice });
  }

  /** @param once must not reach two receivers: an approval to a client of the original */
  send(to: Peer, message: DirectMessage, correlation: Correlation, once = false): void {
    this.#effects.push({ kind: 'send', to, message, correlation, once });
  }

  broadcast(effect: Omit<Extract<Effect, { kind: 'broadcast' }>, 'kind'>): void {
    this.#effects.push({ kind: 'broadcast', ...effect });
  }

  finish(answer: Answer | null): Transition<State, Record> {
    return {
      state: this.#state,
      records: this.#records,
      sync: this.#sync,
      answer,
      effects: this.#effects,
      notices: this.#notices,
    };
  }
}
