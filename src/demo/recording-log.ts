/** The recording of a live run. Steps are only appended, so a reader continues with the number of steps that it has. */
import type { StageDesk, Step } from './recording.ts';
import { RECORDING_LIMITS } from './recording.ts';

/** The most steps that one more offer needs. */
const ROOM_FOR_AN_OFFER = 2_000;

type Omitted<Each> = Each extends Step ? Omit<Each, 'at'> : never;
/** A step without its time, which the log adds. */
export type NewStep = Omitted<Step>;

export class RecordingLog {
  readonly desks: readonly StageDesk[];
  readonly #steps: Step[] = [];
  readonly #now: () => number;
  /** The time of the first step. */
  #start: number | null = null;
  readonly #listeners = new Set<() => void>();

  /** @param now milliseconds; only differences matter */
  constructor(desks: readonly StageDesk[], now: () => number) {
    this.desks = desks;
    this.#now = now;
  }

  get steps(): readonly Step[] {
    return this.#steps;
  }

  /** False if the steps of another offer might not fit. */
  get hasRoom(): boolean {
    const isEarly = this.#elapsed() < RECORDING_LIMITS.timeMaxMs;
    return isEarly && this.#steps.length + ROOM_FOR_AN_OFFER <= RECORDING_LIMITS.stepsMax;
  }

  /** Drops the step if the recording is full. */
  append(step: NewStep): void {
    this.#start ??= this.#now();
    const at = this.#elapsed();
    if (this.#steps.length >= RECORDING_LIMITS.stepsMax || at > RECORDING_LIMITS.timeMaxMs) return;
    this.#steps.push({ ...step, at });
    for (const listener of this.#listeners) listener();
  }

  /**
   * Calls the listener after each step.
   * @returns a function that removes the listener
   */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #elapsed(): number {
    return this.#start === null ? 0 : Math.round(this.#now() - this.#start);
  }
}
