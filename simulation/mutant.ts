/** A mutant is an intended defect, between a desk and its rules or its ports; see `Tampering`. */
import type { Steps } from '../src/desk/protocol-roles.ts';
import type { MakerState } from '../src/protocol/maker-state.ts';
import type { MakerInput, StepEnvironment, TakerInput, StepResult } from '../src/protocol/step.ts';
import type { TakerState } from '../src/protocol/taker-state.ts';
import type { Tampering } from './sim-desk.ts';

export interface Mutant {
  readonly name: string;
  /** The defect, in a sentence. */
  readonly defect: string;
  readonly tampering: Tampering;
}

/** A mutant with wrong steps only, which can replace the rules everywhere. */
export interface StepMutant extends Mutant {
  readonly tampering: WrongSteps;
}

export interface WrongSteps {
  readonly steps: (steps: Steps) => Steps;
}

type MakerStep = Steps['maker'];
type TakerStep = Steps['taker'];

export function wrongMaker(wrap: (step: MakerStep) => MakerStep): WrongSteps {
  return { steps: (steps) => ({ ...steps, maker: wrap(steps.maker) }) };
}

export function wrongTaker(wrap: (step: TakerStep) => TakerStep): WrongSteps {
  return { steps: (steps) => ({ ...steps, taker: wrap(steps.taker) }) };
}

/** The maker misreads its input or its state. */
export function makerMistakes(
  mistake: (
    state: MakerState,
    input: MakerInput,
    env: StepEnvironment,
  ) => { readonly state?: MakerState; readonly input?: MakerInput },
): WrongSteps {
  return wrongMaker((step) => (state, input, env) => {
    if (state === null) return step(state, input, env);
    const mistaken = mistake(state, input, env);
    return step(mistaken.state ?? state, mistaken.input ?? input, env);
  });
}

export function takerMistakes(
  mistake: (
    state: TakerState,
    input: TakerInput,
    env: StepEnvironment,
  ) => { readonly state?: TakerState; readonly input?: TakerInput },
): WrongSteps {
  return wrongTaker((step) => (state, input, env, self) => {
    if (state === null) return step(state, input, env, self);
    const mistaken = mistake(state, input, env);
    return step(mistaken.state ?? state, mistaken.input ?? input, env, self);
  });
}

/** The result of a step that only writes this record. */
export function resultOf<State, Record>(state: State, record: Record): StepResult<State, Record> {
  return { state, records: [record], mustSync: true, answer: { kind: 'acknowledged' }, effects: [], notices: [] };
}
