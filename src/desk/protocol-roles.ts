/** The roles maker and taker as an actor uses them, and their states restored from the journal's records. */
import type { PeerId } from '../protocol/ids.ts';
import { isUndecided } from '../protocol/lifecycle.ts';
import { stepMaker } from '../protocol/maker.ts';
import { applyMaker, makerDeadline, isMakerFinished, type MakerState } from '../protocol/maker-state.ts';
import type { JournalRecord } from '../protocol/records.ts';
import type { MakerInput, TakerInput } from '../protocol/step.ts';
import { stepTaker } from '../protocol/taker.ts';
import { applyTaker, takerDeadline, isTakerFinished, type TakerState } from '../protocol/taker-state.ts';
import type { ProtocolRole } from './offer-actor.ts';

/** The step functions. The simulator replaces them by mutants, to show that it finds defects. */
export interface Steps {
  readonly maker: typeof stepMaker;
  readonly taker: typeof stepTaker;
}

export const STEPS: Steps = { maker: stepMaker, taker: stepTaker };

export function makerRole(steps: Steps): ProtocolRole<MakerState, MakerInput> {
  return {
    step(state, input, env) {
      const result = steps.maker(state, input, env);
      return { ...result, records: result.records.map((record) => ({ role: 'maker', record })) };
    },
    deadline: makerDeadline,
    isFinished: isMakerFinished,
    isOpen: ({ phase }) => isUndecided(phase),
    tick: { kind: 'tick' },
  };
}

export function takerRole(self: PeerId, steps: Steps): ProtocolRole<TakerState, TakerInput> {
  return {
    step(state, input, env) {
      const result = steps.taker(state, input, env, self);
      return { ...result, records: result.records.map((record) => ({ role: 'taker', record })) };
    },
    deadline: takerDeadline,
    isFinished: isTakerFinished,
    tick: { kind: 'tick' },
  };
}

/** @throws IllegalRecordError when this protocol can't have written these records */
export function foldMaker(records: readonly JournalRecord[]): MakerState | null {
  let state: MakerState | null = null;
  for (const { role, record } of records) if (role === 'maker') state = applyMaker(state, record);
  return state;
}

/** @throws IllegalRecordError when this protocol can't have written these records */
export function foldTaker(records: readonly JournalRecord[]): TakerState | null {
  let state: TakerState | null = null;
  for (const { role, record } of records) if (role === 'taker') state = applyTaker(state, record);
  return state;
}
