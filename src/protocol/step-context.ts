/**
 * The working data of one step, for the maker's or the taker's half of the protocol: the state so far, and the result of the step.
 * It collects the records, the messages that may leave once the records are durable, and the notices for operators and programs.
 * It exists only during the step; the result is never changed afterwards.
 *
 * Only `record` and `move` change a phase. Both go through the fold, and so through the table of the lifecycle.
 */
import { drawsFrom, type Draw } from './draw.ts';
import type { Answer, DirectMessage, OfferTerms, Peer } from './messages.ts';
import type { PeerId } from './ids.ts';
import type { Notice } from './notices.ts';
import type { Correlation, Effect, StepEnvironment, StepResult } from './step.ts';

/** A notice without the offer's id and maker, which are the same in a whole step. */
export type NoticeBody<N extends Notice = Notice> = N extends Notice ? Omit<N, 'offerId' | 'maker'> : never;

interface OfferState {
  readonly terms: OfferTerms;
  readonly phase: string;
}

/** How records become states, and which records have to be durable before a message leaves. */
export interface RecordRules<State, Record, VolatileEvent> {
  /**
   * The fold: the only way from a record to a state, here as after a restart.
   * @throws IllegalRecordError where the lifecycle has no such transition
   */
  readonly apply: (state: State | null, event: Record | VolatileEvent) => State;
  readonly mustSync: (record: Record, before: State | null) => boolean;
}

/** `VolatileEvent`: events that change the phase without a record. */
export class StepContext<State extends OfferState, Record, VolatileEvent = never> {
  /** This desk. */
  readonly self: PeerId;
  readonly wallMs: number;
  readonly monotonicMs: number;
  readonly life: number;
  readonly draw: Draw;
  #state: State;
  readonly #rules: RecordRules<State, Record, VolatileEvent>;
  readonly #records: Record[] = [];
  #mustSync = false;
  readonly #effects: Effect[] = [];
  readonly #notices: Notice[] = [];

  /** @param state or the record that makes it */
  constructor(
    state: State | { readonly first: Record },
    env: StepEnvironment,
    self: PeerId,
    rules: RecordRules<State, Record, VolatileEvent>,
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
    if (this.#rules.mustSync(record, before)) this.#mustSync = true;
    this.#records.push(record);
    return this.#rules.apply(before, record);
  }

  /** Changes the phase without a record: a crash may forget it. */
  move(event: VolatileEvent): void {
    this.#state = this.#rules.apply(this.#state, event);
  }

  /** Changes what does not come from records, and may be lost at any time. */
  set(part: Partial<Omit<State, 'phase' | 'terms'>>): void {
    this.#state = { ...this.#state, ...part };
  }

  notice(notice: NoticeBody): void {
    const { offerId, maker } = this.#state.terms;
    this.#notices.push({ offerId, maker, ...notice });
  }

  /** @param once must not reach two receivers: an approval to a client of the original demo */
  send(to: Peer, message: DirectMessage, correlation: Correlation, once = false): void {
    this.#effects.push({ kind: 'send', to, message, correlation, once });
  }

  broadcast(effect: Omit<Extract<Effect, { kind: 'broadcast' }>, 'kind'>): void {
    this.#effects.push({ kind: 'broadcast', ...effect });
  }

  finish(answer: Answer | null): StepResult<State, Record> {
    return {
      state: this.#state,
      records: this.#records,
      mustSync: this.#mustSync,
      answer,
      effects: this.#effects,
      notices: this.#notices,
    };
  }
}
