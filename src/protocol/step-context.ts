/**
 * The working data of one step of a maker or a taker. It has the current state, and collects the records, the messages
 * and the notices. It exists only during the step.
 *
 * Only `record` and `move` change the phase. Both go through the fold, and so through the table of the lifecycle.
 */
import { drawsFrom, type Draw } from './draw.ts';
import type { Answer, DirectMessage, OfferTerms, Peer } from './messages.ts';
import type { PeerId } from './ids.ts';
import type { Notice, NoticeBody } from './notices.ts';
import type { Correlation, Effect, StepEnvironment, StepResult } from './step.ts';

interface OfferState {
  readonly terms: OfferTerms;
  readonly phase: string;
}

export interface RecordRules<State, Record, VolatileEvent> {
  /**
   * The fold, in a step and after a restart.
   * @throws IllegalRecordError where the lifecycle has no such transition
   */
  readonly apply: (state: State | null, event: Record | VolatileEvent) => State;
  readonly mustSync: (record: Record, before: State | null) => boolean;
}

/** `VolatileEvent`: the events that change the phase without a record. */
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

  /** @param state the state, or the first record of a new offer */
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

  /** Changes the phase without a record. A crash loses the change. */
  move(event: VolatileEvent): void {
    this.#state = this.#rules.apply(this.#state, event);
  }

  /** Changes the part that does not come from records. A crash loses the change. */
  set(part: Partial<Omit<State, 'phase' | 'terms'>>): void {
    this.#state = { ...this.#state, ...part };
  }

  /** Adds the offer's id and maker. */
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
