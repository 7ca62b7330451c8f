/**
 * One serial queue per offer. Everything that happens to an offer passes here one at a time: step, write, then speak. A step that
 * must be durable (`StepResult.sync`) holds back what it says and every later step of its offer; others go on at once. Offers
 * never wait for each other.
 */
import type { Alarm, Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { OfferKey } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';
import { refusal, type Answer } from '../protocol/messages.ts';
import type { JournalEntry, JournalRecord } from '../protocol/records.ts';
import type { Deadline, Effect, StepEnvironment, StepResult } from '../protocol/step.ts';
import type { Notice } from '../protocol/notices.ts';

/** One half of the protocol, as an actor needs it. */
export interface Machine<State, Input> {
  step(state: State | null, input: Input, env: StepEnvironment): StepResult<State, JournalRecord>;
  /** When a `tick` is due. */
  deadline(state: State): Deadline;
  /** Nothing left to do but to answer questions. */
  finished(state: State): boolean;
  /** Not decided yet. Where it is missing, nobody asks. */
  isOpen?(state: State): boolean;
  /** What the passing of time is called. */
  readonly tick: Input;
}

export interface ActorServices {
  readonly journal: Journal;
  readonly clock: Clock;
  /** At least 0, less than 1. */
  readonly random: () => number;
  /** A step has been written as it must be: now its messages may leave and its notices be shown. */
  readonly spoken: (offer: OfferKey, effects: readonly Effect[], notices: readonly Notice[]) => void;
  /** Called with the actor itself: another one may have the same name, one that was looked up and knew nothing. */
  readonly finished: (actor: unknown) => void;
  /** It was finished, and now it has something to do again. */
  readonly resumed: (actor: unknown) => void;
  /** It is not open any more; it may still have something to do. */
  readonly closed?: (actor: unknown) => void;
  /** The journal has failed; nothing that follows could be relied on. */
  readonly failed: (error: unknown) => void;
}

interface Waiting<Input> {
  readonly input: Input;
  /** Null: nobody waits for an answer. */
  readonly answered: ((answer: Answer | null) => void) | null;
}

export class OfferActor<State, Input> {
  readonly offer: OfferKey;
  readonly #machine: Machine<State, Input>;
  readonly #services: ActorServices;
  /** Made when something waits for the first time, which is seldom. */
  #inbox: Waiting<Input>[] | null = null;
  #state: State | null;
  #working = false;
  #stopped = false;
  #wasFinished: boolean;
  #wasOpen: boolean;
  /** When the alarms ring; null: they are not set. */
  #wallMs: number | null = null;
  #monotonicMs: number | null = null;
  #wallAlarm: Alarm | null = null;
  #monotonicAlarm: Alarm | null = null;

  constructor(offer: OfferKey, machine: Machine<State, Input>, state: State | null, services: ActorServices) {
    this.offer = offer;
    this.#machine = machine;
    this.#services = services;
    this.#state = state;
    this.#wasFinished = state !== null && machine.finished(state);
    this.#wasOpen = this.isOpen;
  }

  get state(): State | null {
    return this.#state;
  }

  /** True before its first step as well. */
  get isOpen(): boolean {
    return this.#state === null || this.#machine.isOpen?.(this.#state) === true;
  }

  /** Nothing waits and nothing is being written. */
  get isIdle(): boolean {
    return !this.#working;
  }

  /** An input from outside: refused when too many wait already. The answer is there at once when nothing has to be waited for. */
  ask(input: Input): Answer | null | Promise<Answer | null> {
    if (this.#stopped) return refusal('ERR_STOPPING', 'this desk is stopping');
    if ((this.#inbox?.length ?? 0) >= DESK_LIMITS.inboxMax)
      return refusal('ERR_OVERLOADED', 'too much is waiting for this offer');
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

  /** An input of our own (a result, the clock, the operator): never refused, or what is under way would stay so for ever. */
  tell(input: Input): Promise<Answer | null> {
    if (this.#stopped) return Promise.resolve(refusal('ERR_STOPPING', 'this desk is stopping'));
    return new Promise((answered) => {
      this.#add({ input, answered });
    });
  }

  /** The same, where nobody waits for what comes of it. */
  post(input: Input): void {
    if (!this.#stopped) this.#add({ input, answered: null });
  }

  /** No further step. Those that wait are refused; one that is being written is finished. */
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
    // Most find nobody before them, so that most offers need no memory for those who wait.
    this.#working = true;
    if (this.#take(waiting)) this.#work();
  }

  /** A step that waits for nothing is not waited for, which keeps the order of what is said. */
  #work(): void {
    for (let next = this.#inbox?.shift(); next !== undefined; next = this.#inbox?.shift()) {
      if (!this.#take(next)) return;
    }
    this.#rest();
  }

  #rest(): void {
    this.#working = false;
    if (this.#stopped) return;
    this.#armAlarms();
    this.#noticeClosing();
    this.#noticeFinish();
  }

  /** @returns false when the journal is waited for, or has failed; what waits here is gone on with after that */
  #take(waiting: Waiting<Input>): boolean {
    const { journal } = this.#services;
    const turn = this.#machine.step(this.#state, waiting.input, new Environment(this.#services));
    if (turn.records.length > 0) {
      const finished = turn.state !== null && this.#machine.finished(turn.state);
      const entry: JournalEntry = { offer: this.offer, records: turn.records, finished };
      if (turn.sync) {
        this.#persistThenSpeak(turn, entry, waiting);
        return false;
      }
      try {
        journal.appendLazy(entry);
      } catch (error) {
        this.#fail(error, waiting);
        return false;
      }
    }
    this.#speak(turn, turn.effects, waiting);
    return true;
  }

  #persistThenSpeak(turn: StepResult<State, JournalRecord>, entry: JournalEntry, waiting: Waiting<Input>): void {
    // Whatever is said before this has resolved can be forgotten by a crash: an award told and not remembered would be
    // made again, to somebody else.
    this.#durable(turn, this.#services.journal.append(entry)).then(
      () => {
        this.#speak(
          turn,
          turn.effects.filter((effect) => !isAtOnce(effect)),
          waiting,
        );
        this.#work();
      },
      (error: unknown) => {
        this.#fail(error, waiting);
      },
    );
  }

  /** The same promise; what may be said at once has been said when it resolves. */
  #durable({ effects }: StepResult<State, JournalRecord>, durable: Promise<void>): Promise<void> {
    const early = effects.filter(isAtOnce);
    if (early.length === 0) return durable;
    // A journal that has failed already rejects at once, and then nothing leaves.
    return Promise.race([durable, Promise.resolve()]).then(() => {
      this.#services.spoken(this.offer, early, []);
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

  #speak(turn: StepResult<State, JournalRecord>, effects: readonly Effect[], waiting: Waiting<Input>): void {
    this.#state = turn.state;
    waiting.answered?.(turn.answer);
    if (effects.length > 0 || turn.notices.length > 0) this.#services.spoken(this.offer, effects, turn.notices);
  }

  #refuseWaiting(answer: Answer): void {
    for (const { answered } of this.#inbox?.splice(0) ?? []) answered?.(answer);
  }

  /** An alarm whose time has not changed stays as it is. */
  #armAlarms(): void {
    const { clock } = this.#services;
    const { wallMs, monotonicMs } = this.#state === null ? NEVER : this.#machine.deadline(this.#state);
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

  /** One function for both alarms, as there may be a hundred thousand offers. The step sets both anew. */
  readonly #wake = (): void => {
    this.#disarm();
    this.post(this.#machine.tick);
  };

  #noticeClosing(): void {
    if (this.#wasOpen && !this.isOpen) this.#services.closed?.(this);
    this.#wasOpen = this.isOpen;
  }

  #noticeFinish(): void {
    const finished = this.#state !== null && this.#machine.finished(this.#state);
    if (finished === this.#wasFinished) return;
    this.#wasFinished = finished;
    if (finished) this.#services.finished(this);
    else this.#services.resumed(this);
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

  /** Drawn only when it is looked at, which few steps do. */
  get random(): number {
    return this.#random();
  }
}

function isAtOnce(effect: Effect): boolean {
  return effect.kind === 'broadcast' && effect.atOnce === true;
}

const NEVER: Deadline = { wallMs: null, monotonicMs: null };

/** The journal has failed us; for those who wait for a start or a command. */
export function journalError(cause: unknown): GrapevineError {
  if (cause instanceof GrapevineError) return cause;
  return new GrapevineError('ERR_JOURNAL', cause instanceof Error ? cause.message : String(cause), { cause });
}
