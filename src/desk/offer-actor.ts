/**
 * One serial queue per offer. Everything that happens to an offer passes here one at a time: step, make durable, then
 * speak. Offers never wait for each other.
 */
import type { Alarm, Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { OfferKey } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import { refusal, type Answer } from '../protocol/messages.ts';
import type { JournalRecord } from '../protocol/records.ts';
import type { Effect, Transition } from '../protocol/step.ts';
import type { Notice } from '../protocol/notices.ts';

/** One half of the protocol, as an actor needs it. */
export interface Machine<State, Input> {
  step(state: State | null, input: Input, now: number): Transition<State, JournalRecord>;
  /** When a `tick` is due; null: never. */
  deadline(state: State): number | null;
  /** Nothing left to do but to answer questions. */
  finished(state: State): boolean;
  /** What the passing of time is called. */
  readonly tick: Input;
}

export interface ActorServices {
  readonly journal: Journal;
  readonly clock: Clock;
  /** A step has been made durable: now its messages may leave and its notices be shown. */
  readonly spoken: (offer: OfferKey, effects: readonly Effect[], notices: readonly Notice[]) => void;
  readonly finished: (offer: OfferKey) => void;
  /** The journal has failed; nothing that follows could be relied on. */
  readonly failed: (error: unknown) => void;
}

interface Waiting<Input> {
  readonly input: Input;
  readonly answered: (answer: Answer | null) => void;
}

export class OfferActor<State, Input> {
  readonly offer: OfferKey;
  readonly #machine: Machine<State, Input>;
  readonly #services: ActorServices;
  readonly #inbox: Waiting<Input>[] = [];
  #state: State | null;
  #working = false;
  #stopped = false;
  #wasFinished: boolean;
  #alarm: Alarm | null = null;
  #alarmAt: number | null = null;

  constructor(offer: OfferKey, machine: Machine<State, Input>, state: State | null, services: ActorServices) {
    this.offer = offer;
    this.#machine = machine;
    this.#services = services;
    this.#state = state;
    this.#wasFinished = state !== null && machine.finished(state);
  }

  get state(): State | null {
    return this.#state;
  }

  /** Nothing waits and nothing is being written. */
  get isIdle(): boolean {
    return !this.#working;
  }

  /** An input from outside: refused when too many wait already. */
  ask(input: Input): Promise<Answer | null> {
    if (this.#inbox.length < LIMITS.inboxMax) return this.tell(input);
    return Promise.resolve(refusal('ERR_OVERLOADED', 'too much is waiting for this offer'));
  }

  /** An input of our own (a result, the clock, the operator): never refused, or what is under way would stay so for ever. */
  tell(input: Input): Promise<Answer | null> {
    if (this.#stopped) return Promise.resolve(refusal('ERR_STOPPING', 'this desk is stopping'));
    return new Promise((answered) => {
      this.#inbox.push({ input, answered });
      if (!this.#working) void this.#work();
    });
  }

  /** No further step. Those that wait are refused; one that is being written is finished. */
  stop(): void {
    this.#stopped = true;
    this.#alarm?.cancel();
    this.#alarm = null;
    this.#refuseWaiting(refusal('ERR_STOPPING', 'this desk is stopping'));
  }

  async #work(): Promise<void> {
    this.#working = true;
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
      const done = this.#take(next);
      // A step without records needs no wait, and taking none keeps the order of what is said.
      if (done !== null && !(await done)) break;
    }
    this.#working = false;
    if (this.#stopped) return;
    this.#armAlarm();
    this.#noticeFinish();
  }

  /** @returns null when done already, else whether the journal took it */
  #take(waiting: Waiting<Input>): Promise<boolean> | null {
    const turn = this.#machine.step(this.#state, waiting.input, this.#services.clock.now());
    if (turn.records.length > 0) return this.#persistThenSpeak(turn, waiting);
    this.#speak(turn, waiting);
    return null;
  }

  async #persistThenSpeak(turn: Transition<State, JournalRecord>, waiting: Waiting<Input>): Promise<boolean> {
    const finished = turn.state !== null && this.#machine.finished(turn.state);
    try {
      // Whatever is said before this line has returned can be forgotten by a crash: an award told and not remembered
      // would be made again, to somebody else.
      await this.#services.journal.append({ offer: this.offer, records: turn.records, finished });
    } catch (error) {
      const failure = refusal('ERR_JOURNAL', 'the journal could not be written');
      waiting.answered(failure);
      this.#stopped = true;
      this.#refuseWaiting(failure);
      this.#services.failed(error);
      return false;
    }
    this.#speak(turn, waiting);
    return true;
  }

  #speak(turn: Transition<State, JournalRecord>, waiting: Waiting<Input>): void {
    this.#state = turn.state;
    waiting.answered(turn.answer);
    if (turn.effects.length > 0 || turn.notices.length > 0) {
      this.#services.spoken(this.offer, turn.effects, turn.notices);
    }
  }

  #refuseWaiting(answer: Answer): void {
    for (const { answered } of this.#inbox.splice(0)) answered(answer);
  }

  #armAlarm(): void {
    const deadline = this.#state === null ? null : this.#machine.deadline(this.#state);
    if (deadline === this.#alarmAt && this.#alarm !== null) return;
    this.#alarm?.cancel();
    this.#alarm = null;
    this.#alarmAt = deadline;
    if (deadline === null) return;
    this.#alarm = this.#services.clock.wakeAt(deadline, () => {
      this.#alarm = null;
      void this.tell(this.#machine.tick);
    });
  }

  #noticeFinish(): void {
    const finished = this.#state === null || this.#machine.finished(this.#state);
    if (finished && !this.#wasFinished) this.#services.finished(this.offer);
    this.#wasFinished = finished;
  }
}

/** The journal has failed us; for those who wait for a start or a command. */
export function journalError(cause: unknown): GrapevineError {
  if (cause instanceof GrapevineError) return cause;
  return new GrapevineError('ERR_JOURNAL', cause instanceof Error ? cause.message : String(cause), { cause });
}
