/** Both halves of the protocol, as actors run them, and how they come back from a journal. */
import type { PeerId } from '../protocol/ids.ts';
import { stepMaker } from '../protocol/maker.ts';
import { applyMaker, makerDeadline, makerFinished, type MakerState } from '../protocol/maker-state.ts';
import type { JournalRecord } from '../protocol/records.ts';
import type { MakerInput, TakerInput } from '../protocol/step.ts';
import { stepTaker } from '../protocol/taker.ts';
import { applyTaker, takerDeadline, takerFinished, type TakerState } from '../protocol/taker-state.ts';
import type { Machine } from './offer-actor.ts';

/** Both halves of the rules. The simulator puts mutants in their place, to show that it finds them. */
export interface Steps {
  readonly maker: typeof stepMaker;
  readonly taker: typeof stepTaker;
}

export const STEPS: Steps = { maker: stepMaker, taker: stepTaker };

export function makerMachine(steps: Steps): Machine<MakerState, MakerInput> {
  return {
    step(state, input, env) {
      const result = steps.maker(state, input, env);
      return { ...result, records: result.records.map((record) => ({ role: 'maker', record })) };
    },
    deadline: makerDeadline,
    finished: makerFinished,
    isOpen: ({ phase }) => phase === 'open' || phase === 'reserved',
    tick: { kind: 'tick' },
  };
}

export function takerMachine(self: PeerId, steps: Steps): Machine<TakerState, TakerInput> {
  return {
    step(state, input, env) {
      const result = steps.taker(state, input, env, self);
      return { ...result, records: result.records.map((record) => ({ role: 'taker', record })) };
    },
    deadline: takerDeadline,
    finished: takerFinished,
    tick: { kind: 'tick' },
  };
}

/** @throws IllegalRecordError when the records can't have come from this protocol */
export function foldMaker(records: readonly JournalRecord[]): MakerState | null {
  let state: MakerState | null = null;
  for (const { role, record } of records) if (role === 'maker') state = applyMaker(state, record);
  return state;
}

/** @throws IllegalRecordError when the records can't have come from this protocol */
export function foldTaker(records: readonly JournalRecord[]): TakerState | null {
  let state: TakerState | null = null;
  for (const { role, record } of records) if (role === 'taker') state = applyTaker(state, record);
  return state;
}
