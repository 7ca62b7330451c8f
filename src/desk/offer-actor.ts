/**
 * One serial queue per offer. The inputs of an offer are processed one at a time: step, write, then emit the result. If
 * a step must be durable (`StepResult.mustSync`), its messages and all later steps of its offer wait for the disk. Only
 * broadcasts marked `isImmediate` do not wait. Offers never wait for each other.
 */
import type { Alarm, Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import { GrapevineError, textOfError } from '../protocol/errors.ts';
import type { OfferKey } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';
import { refusal, type Answer } from '../protocol/messages.ts';
import type { JournalEntry, JournalRecord } from '../protocol/records.ts';
import type { Deadline, Effect, StepEnvironment, StepResult } from '../protocol/step.ts';
import type { Notice } from '../protocol/notices.ts';

/** The maker's or the taker's half of the protocol, as an actor needs it. */
export interface ProtocolRole<State, Input> {
  step(state: State | null, input: Input, env: StepEnvironment): StepResult<State, JournalRecord>;
  /** When a `tick` is due. */
  deadline(state: State): Deadline;
  /** Whether nothing is left to do except answering questions. */
  isFinished(state: State): boolean;
  /** Whether the offer is not decided yet. Only for the maker. */
  isOpen?(state: State): boolean;
  /** The input at a deadline. */
  readonly tick: Input;
}

/** What the actors of both roles use. */
export interface ActorServices {
  readonly journal: Journal;
  readonly clock: Clock;
  /** At least 0, less than 1. */
  readonly random: () => number;
  /**
   * Sends the messages of a step and publishes its notices. Of a durable step, only `isImmediate` broadcasts are
   * emitted before the write.
   */
  readonly emit: (offer: OfferKey, effects: readonly Effect[], notices: readonly Notice[]) => void;
  /** The journal has failed: the desk must stop. */
  readonly failed: (error: unknown) => void;
}

/** Also called for a second actor, without state, that may exist for the same key. */
interface ActorOwner<State, Input> {
  /** The offer is decided; it may still have something to do. */
  onDecided(actor: OfferActor<State, Input>): void;
  onFinished(actor: OfferActor<State, Input>): void;
  /** A finished offer has something to do again. */
  onResumed(actor: OfferActor<State, Input>): void;
}

/** One object for all actors of a role. */
export interface OwnedServices<State, Input> extends ActorServices {
  readonly owner: ActorOwner<State, Input>;
}

interface Waiting<Input> {
  readonly input: Input;
  /** Null: nobody waits for an answer. */
  readonly answered: ((answer: Answer | null) => void) | null;
}

export class OfferActor<State, Input> {
  readonly offer: OfferKey;
  readonly #role: ProtocolRole<State, Input>;
  readonly #services: OwnedServices<State, Input>;
  /** Created when an input has to wait for the first time, which is rare. */
  #inbox: Waiting<Input>[] | null = null;
  #state: State | null;
  #working = false;
  #stopped = false;
  #wasFinished: boolean;
  #wasOpen: boolean;
  /** The times of the alarms; null: not set. */
  #wallMs: number | null = null;
  #monotonicMs: number | null = null;
  #wallAlarm: Alarm | null = null;
  #monotonicAlarm: Alarm | null = null;

  constructor(
    offer: OfferKey,
    role: ProtocolRole<State, Input>,
    state: State | null,
    services: OwnedServices<State, Input>,
  ) {
    this.offer = offer;
    this.#role = role;
    this.#services = services;
    this.#state = state;
    this.#wasFinished = state !== null && role.isFinished(state);
    this.#wasOpen = this.isOpen;
  }

  get state(): State | null {
    return this.#state;
  }

  /** Also true before the first step. */
  get isOpen(): boolean {
    return this.#state === null || this.#role.isOpen?.(this.#state) === true;
  }

  /** Whether no input waits and no record is being written. */
  get isIdle(): boolean {
    return !this.#working;
  }

  /** Processes an input of a peer; refused when too many wait. The answer is a promise if it waits for the journal. */
  ask(input: Input): Answer | null | Promise<Answer | null> {
    if (this.#stopped) return refusal('ERR_STOPPING', 'this desk is stopping');
    if ((this.#inbox?.length ?? 0) >= DESK_LIMITS.inboxMax)
      return refusal('ERR_OVERLOADED', 'too many messages wait for this offer; try again later');
    let answer: Answer | null | undefined;
    let resolve = (value: Answer | null): void => {
      answer = value;
    };
    this.#add({
      input,
      answered: (value) => {
        resolve(value);
      },
    });
    if (answer !== undefined) return answer;
    return new Promise((answered) => (resolve = answered));
  }

  /**
   * Processes an input of our own (result, clock, operator). No limit, so that a deal in progress continues. Refused
   * only after a stop or a failed journal.
   */
  submit(input: Input): Promise<Answer | null> {
    if (this.#stopped) return Promise.resolve(refusal('ERR_STOPPING', 'this desk is stopping'));
    return new Promise((answered) => {
      this.#add({ input, answered });
    });
  }

  /** Like `submit`, without an answer. */
  post(input: Input): void {
    if (!this.#stopped) this.#add({ input, answered: null });
  }

  /** Refuses waiting and later inputs. A step that is being written is completed. */
  stop(): void {
    this.#stopped = true;
    this.#disarm();
    this.#refuseWaiting(refusal('ERR_STOPPING', 'this desk is stopping'));
  }

  #add(waiting: Waiting<Input>): void {
    if (this.#working) {
      (this.#inbox ??= []).push(waiting);
      return;
    }
    // Most inputs find an idle actor, so most offers need no memory for an inbox.
    this.#working = true;
    if (this.#process(waiting)) this.#work();
  }

  /** Steps that need no disk sync run one after another in the same call, so messages keep their order. */
  #work(): void {
    for (let next = this.#inbox?.shift(); next !== undefined; next = this.#inbox?.shift()) {
      if (!this.#process(next)) return;
    }
    this.#becomeIdle();
  }

  #becomeIdle(): void {
    this.#working = false;
    if (this.#stopped) return;
    this.#armAlarms();
    this.#reportDecision();
    this.#reportFinish();
  }

  /** @returns false when the journal is being written or has failed; then the write continues with the inbox */
  #process(waiting: Waiting<Input>): boolean {
    const { journal } = this.#services;
    const result = this.#role.step(this.#state, waiting.input, new Environment(this.#services));
    if (result.records.length > 0) {
      const finished = result.state !== null && this.#role.isFinished(result.state);
      const entry: JournalEntry = { offer: this.offer, records: result.records, finished };
      if (result.mustSync) {
        this.#persistThenEmit(result, entry, waiting);
        return false;
      }
      try {
        journal.appendLazy(entry);
      } catch (error) {
        this.#fail(error, waiting);
        return false;
      }
    }
    this.#emit(result, result.effects, waiting);
    return true;
  }

  #persistThenEmit(result: StepResult<State, JournalRecord>, entry: JournalEntry, waiting: Waiting<Input>): void {
    // A crash can lose what is not durable yet. If an award was sent and then lost, another taker could get it as well.
    this.#durable(result, this.#services.journal.append(entry)).then(
      () => {
        const rest = result.effects.filter((effect) => !isImmediate(effect));
        this.#emit(result, rest, waiting);
        this.#work();
      },
      (error: unknown) => {
        this.#fail(error, waiting);
      },
    );
  }

  /** Emits the `isImmediate` effects now, then resolves when the entry is durable. */
  #durable({ effects }: StepResult<State, JournalRecord>, durable: Promise<void>): Promise<void> {
    const immediate = effects.filter(isImmediate);
    if (immediate.length === 0) return durable;
    // A journal that has failed already rejects at once, and then nothing is sent.
    return Promise.race([durable, Promise.resolve()]).then(() => {
      this.#services.emit(this.offer, immediate, []);
      return durable;
    });
  }

  #fail(error: unknown, waiting: Waiting<Input>): void {
    const failure = refusal('ERR_JOURNAL', 'the journal could not be written');
    waiting.answered?.(failure);
    this.#working = false;
    this.#stopped = true;
    this.#refuseWaiting(failure);
    this.#services.failed(error);
  }

  #emit(result: StepResult<State, JournalRecord>, effects: readonly Effect[], waiting: Waiting<Input>): void {
    this.#state = result.state;
    waiting.answered?.(result.answer);
    if (effects.length > 0 || result.notices.length > 0) this.#services.emit(this.offer, effects, result.notices);
  }

  #refuseWaiting(answer: Answer): void {
    for (const { answered } of this.#inbox?.splice(0) ?? []) answered?.(answer);
  }

  /** An alarm whose time has not changed is left alone. */
  #armAlarms(): void {
    const { clock } = this.#services;
    const { wallMs, monotonicMs } = this.#state === null ? NEVER : this.#role.deadline(this.#state);
    if (wallMs !== this.#wallMs) {
      this.#wallAlarm?.cancel();
      this.#wallMs = wallMs;
      this.#wallAlarm = wallMs === null ? null : clock.wakeAt(wallMs, this.#wake);
    }
    if (monotonicMs !== this.#monotonicMs) {
      this.#monotonicAlarm?.cancel();
      this.#monotonicMs = monotonicMs;
      this.#monotonicAlarm = monotonicMs === null ? null : clock.wakeAtMonotonic(monotonicMs, this.#wake);
    }
  }

  #disarm(): void {
    this.#wallAlarm?.cancel();
    this.#monotonicAlarm?.cancel();
    this.#wallAlarm = this.#monotonicAlarm = null;
    this.#wallMs = this.#monotonicMs = null;
  }

  /** One function for both alarms: there may be a hundred thousand offers. The next step sets both again. */
  readonly #wake = (): void => {
    this.#disarm();
    this.post(this.#role.tick);
  };

  #reportDecision(): void {
    if (this.#wasOpen && !this.isOpen) this.#services.owner.onDecided(this);
    this.#wasOpen = this.isOpen;
  }

  #reportFinish(): void {
    const finished = this.#state !== null && this.#role.isFinished(this.#state);
    if (finished === this.#wasFinished) return;
    this.#wasFinished = finished;
    if (finished) this.#services.owner.onFinished(this);
    else this.#services.owner.onResumed(this);
  }
}

class Environment implements StepEnvironment {
  readonly wallMs: number;
  readonly monotonicMs: number;
  readonly life: number;
  readonly #random: () => number;

  constructor({ clock, journal, random }: ActorServices) {
    this.wallMs = clock.now();
    this.monotonicMs = clock.monotonicNow();
    this.life = journal.life;
    this.#random = random;
  }

  /** Drawn only when a step reads it; few steps do. */
  get random(): number {
    return this.#random();
  }
}

function isImmediate(effect: Effect): boolean {
  return effect.kind === 'broadcast' && effect.isImmediate === true;
}

const NEVER: Deadline = { wallMs: null, monotonicMs: null };

/** The error of a failed journal for our own callers. */
export function journalError(cause: unknown): GrapevineError {
  if (cause instanceof GrapevineError) return cause;
  return new GrapevineError('ERR_JOURNAL', textOfError(cause), { cause });
}
