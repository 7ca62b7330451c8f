/**
 * One maker or one taker under test, alone: inputs go in by hand, and each step is watched for what every step promises:
 * it leaves its input as it was, and its records fold into its state.
 */
import { expect } from 'vitest';
import { applyMaker, durableMaker, type MakerState } from '../../src/protocol/maker-state.ts';
import { stepMaker } from '../../src/protocol/maker.ts';
import type { DirectMessage, Message, OfferTerms, Peer, SendResult } from '../../src/protocol/messages.ts';
import type { Notice } from '../../src/protocol/notices.ts';
import type { MakerRecord, TakerRecord } from '../../src/protocol/records.ts';
import type {
  Correlation,
  Effect,
  MakerInput,
  StepEnvironment,
  TakerInput,
  StepResult,
} from '../../src/protocol/step.ts';
import { applyTaker, durableTaker, type TakerState } from '../../src/protocol/taker-state.ts';
import { stepTaker } from '../../src/protocol/taker.ts';
import { deepFreeze, envAt, MAKER, offerId, snapshot, START, terms } from './values.ts';

abstract class DeskUnderTest<State extends object, Record extends MakerRecord | TakerRecord, Input> {
  /** On both clocks, as long as nobody sets the wall clock. */
  now = START;
  wallOffsetMs = 0;
  life = 0;
  /** Of every step. */
  random = 0;
  journal: Record[] = [];
  #state: State | null = null;

  protected abstract step(state: State | null, input: Input): StepResult<State, Record>;
  protected abstract apply(state: State | null, record: Record): State;
  protected abstract durable(state: State): unknown;
  protected abstract readonly recoverInput: Input;
  protected abstract readonly tickInput: Input;

  get state(): State {
    if (this.#state === null) throw new Error('there is no state yet');
    return this.#state;
  }

  get hasState(): boolean {
    return this.#state !== null;
  }

  do(input: Input): StepResult<State, Record> {
    const before = this.#state;
    const copy = snapshot(deepFreeze(before));
    const result = this.step(before, deepFreeze(input));
    expect(snapshot(before)).toEqual(copy);
    this.journal.push(...result.records);
    this.#state = result.state;
    const folded = this.fold();
    if (folded !== null && result.state !== null) {
      expect(this.durable(result.state)).toEqual(this.durable(folded));
    }
    return result;
  }

  /** Nothing came of it: no record, no effect, and the very same state. */
  expectNoChange(input: Input): StepResult<State, Record> {
    const before = this.#state;
    const result = this.do(input);
    expect(result.state).toBe(before);
    expect(result.records).toEqual([]);
    expect(result.effects).toEqual([]);
    return result;
  }

  tickAfter(ms: number): StepResult<State, Record> {
    this.now += ms;
    return this.do(this.tickInput);
  }

  get env(): StepEnvironment {
    return envAt(this.now, { wallOffsetMs: this.wallOffsetMs, life: this.life, random: this.random });
  }

  /** Dies and starts again: only the journal survives. */
  restart(): StepResult<State, Record> {
    this.#state = this.fold();
    return this.do(this.recoverInput);
  }

  fold(): State | null {
    return this.journal.reduce<State | null>((state, record) => this.apply(state, record), null);
  }
}

export class MakerUnderTest extends DeskUnderTest<MakerState, MakerRecord, MakerInput> {
  protected override readonly recoverInput = { kind: 'recover' } as const;
  protected override readonly tickInput = { kind: 'tick' } as const;
  protected override step = (state: MakerState | null, input: MakerInput): StepResult<MakerState, MakerRecord> =>
    stepMaker(state, input, this.env);
  protected override apply = applyMaker;
  protected override durable = durableMaker;

  static withOffer(change: Partial<OfferTerms> = {}): MakerUnderTest {
    const maker = new MakerUnderTest();
    maker.offer(change);
    return maker;
  }

  offer(change: Partial<OfferTerms> = {}): StepResult<MakerState, MakerRecord> {
    return this.do({ kind: 'open', terms: terms(change) });
  }

  receives(from: Peer, message: Message): StepResult<MakerState, MakerRecord> {
    return this.do({ kind: 'message', from, message });
  }

  acceptedBy(taker: Peer): StepResult<MakerState, MakerRecord> {
    return this.receives(taker, { cmd: 'offer:accept', ...namesOf(taker) });
  }

  askedBy(taker: Peer): StepResult<MakerState, MakerRecord> {
    return this.receives(taker, { cmd: 'offer:status', ...namesOf(taker) });
  }

  approvalGot(taker: Peer, epoch: number, result: SendResult): StepResult<MakerState, MakerRecord> {
    return this.do({ kind: 'result', to: taker, correlation: { what: 'approval', epoch }, result });
  }

  deliveryGot(taker: Peer, result: SendResult): StepResult<MakerState, MakerRecord> {
    return this.do({ kind: 'result', to: taker, correlation: { what: 'delivery' }, result });
  }
}

export class TakerUnderTest extends DeskUnderTest<TakerState, TakerRecord, TakerInput> {
  readonly self: Peer;
  readonly maker: Peer;

  constructor(self: Peer, maker: Peer = MAKER) {
    super();
    this.self = self;
    this.maker = maker;
  }

  protected override readonly recoverInput = { kind: 'recover' } as const;
  protected override readonly tickInput = { kind: 'tick' } as const;
  protected override step = (state: TakerState | null, input: TakerInput): StepResult<TakerState, TakerRecord> =>
    stepTaker(state, input, this.env, this.self.id);
  protected override apply = applyTaker;
  protected override durable = durableTaker;

  receives(message: Message, from: Peer = this.maker): StepResult<TakerState, TakerRecord> {
    return this.do({ kind: 'message', from, message });
  }

  receivesOffer(change: Partial<OfferTerms> = {}): StepResult<TakerState, TakerRecord> {
    return this.receives({ cmd: 'offer:new', terms: terms(change) });
  }

  approved(epoch: number | null): StepResult<TakerState, TakerRecord> {
    const until = epoch === null ? null : this.now + 10_000;
    return this.receives({ cmd: 'offer:accept:approved', ...namesOf(this.self), epoch, until });
  }

  released(epoch: number): StepResult<TakerState, TakerRecord> {
    return this.receives({ cmd: 'offer:accept:released', ...namesOf(this.self), epoch });
  }

  /** What becomes of the acceptance that is under way. */
  acceptanceGot(result: SendResult): StepResult<TakerState, TakerRecord> {
    const { round, attempt } = this.state;
    return this.result({ what: 'acceptance', round, attempt }, result);
  }

  questionGot(result: SendResult): StepResult<TakerState, TakerRecord> {
    return this.result({ what: 'status' }, result);
  }

  result(correlation: Correlation, result: SendResult): StepResult<TakerState, TakerRecord> {
    return this.do({ kind: 'result', to: this.maker, correlation, result });
  }

  // ---- ways into a phase ----------------------------------------------------------------------------------------------

  accepting(change: Partial<OfferTerms> = {}): this {
    this.receivesOffer(change);
    this.do({ kind: 'accept' });
    return this;
  }

  queued(change: Partial<OfferTerms> = {}): this {
    this.accepting(change).acceptanceGot({ kind: 'queued', position: 1 });
    return this;
  }

  confirmed(epoch = 1): this {
    this.queued().approved(epoch);
    return this;
  }
}

function namesOf(taker: Peer): Pick<Extract<Message, { cmd: 'offer:accept' }>, 'offerId' | 'maker' | 'taker'> {
  return { offerId: offerId('offer-1'), maker: MAKER.id, taker: taker.id };
}

// ---- reading a result ---------------------------------------------------------------------------------------------------

interface Told {
  readonly records: readonly { readonly type: string }[];
  readonly effects: readonly Effect[];
  readonly notices: readonly Notice[];
}

export function typesOf({ records }: Told): string[] {
  return records.map(({ type }) => type);
}

export function eventsOf({ notices }: Told): Notice['event'][] {
  return notices.map(({ event }) => event);
}

/** Each message that leaves, as `command>addressee`. */
export function sentBy({ effects }: Told): string[] {
  return effects.map((effect) => `${effect.message.cmd}>${effect.kind === 'send' ? effect.to.id : 'all'}`);
}

export function messageTo(taker: Peer, { effects }: Told): DirectMessage | null {
  for (const effect of effects) if (effect.kind === 'send' && effect.to.id === taker.id) return effect.message;
  return null;
}
