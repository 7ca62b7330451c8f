/** The recording of a run while it grows. What is in it never changes, so that a reader comes back with the number of steps it has. */
import type { StageDesk, Step } from './recording.ts';
import { RECORDING_LIMITS } from './recording.ts';

/** What one more offer may need. */
const ROOM_FOR_AN_OFFER = 2_000;

type Omitted<Each> = Each extends Step ? Omit<Each, 'at'> : never;
/** A step as it happens: the time is the log's. */
export type StepNow = Omitted<Step>;

export class RecordingLog {
  readonly desks: readonly StageDesk[];
  readonly #steps: Step[] = [];
  readonly #now: () => number;
  /** When the first step happened. */
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

  /** False when a further offer could find no place. */
  get hasRoom(): boolean {
    const isEarly = this.#elapsed() < RECORDING_LIMITS.timeMaxMs;
    return isEarly && this.#steps.length + ROOM_FOR_AN_OFFER <= RECORDING_LIMITS.stepsMax;
  }

  /** When it is full, what happens is not recorded. */
  append(step: StepNow): void {
    this.#start ??= this.#now();
    const at = this.#elapsed();
    if (this.#steps.length >= RECORDING_LIMITS.stepsMax || at > RECORDING_LIMITS.timeMaxMs) return;
    this.#steps.push({ ...step, at });
    for (const changed of this.#listeners) changed();
  }

  /** @returns stops it */
  listen(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => {
      this.#listeners.delete(changed);
    };
  }

  #elapsed(): number {
    return this.#start === null ? 0 : Math.round(this.#now() - this.#start);
  }
}
