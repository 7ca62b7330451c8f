/** Defects that somebody might build in, by hand. A model that does not find them proves nothing. */
import { MAKER_MUTANTS } from '../../simulation/maker-mutants.ts';
import { TAKER_MUTANTS } from '../../simulation/taker-mutants.ts';
import { STEPS } from '../../src/desk/protocol-roles.ts';
import { applyMaker, type MakerState } from '../../src/protocol/maker-state.ts';
import { stepMaker } from '../../src/protocol/maker.ts';
import type { MakerRecord } from '../../src/protocol/records.ts';
import type { StepResult } from '../../src/protocol/step.ts';
import { stepTaker } from '../../src/protocol/taker.ts';
import type { Defects } from './adversary.ts';

interface Mutant {
  readonly name: string;
  readonly family: 'grapevine' | 'mixed';
  /** A part of what the model says when it finds it. */
  readonly breaks: string;
  readonly defects: Defects;
}

/** Those of the simulator, which plays whole desks; here they play the steps alone. */
const SIMULATED = new Map([...MAKER_MUTANTS, ...TAKER_MUTANTS].map(({ name, tampering }) => [name, tampering]));

function simulated(name: string): Defects {
  const wrong = SIMULATED.get(name);
  if (wrong === undefined) throw new Error(`the simulator has no mutant ${name}`);
  const { maker, taker } = wrong.steps(STEPS);
  return { stepMaker: maker, stepTaker: taker };
}

function makerDecides(state: MakerState, record: MakerRecord): StepResult<MakerState, MakerRecord> {
  return {
    state: applyMaker(state, record),
    records: [record],
    mustSync: true,
    answer: { kind: 'acknowledged' },
    effects: [],
    notices: [],
  };
}

function isOriginals(state: MakerState): boolean {
  return state.reservation?.until === null;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a timeout is taken for a refusal',
    family: 'mixed',
    breaks: 'S2',
    defects: simulated('timeout-is-refusal'),
  },
  {
    name: 'a confirmation for an epoch that is over is honoured',
    family: 'grapevine',
    breaks: 'S3',
    defects: simulated('forget-the-epoch'),
  },
  {
    name: "a taker's late confirmation counts for its next reservation",
    family: 'grapevine',
    breaks: 'S3',
    defects: simulated('forget-the-epoch-of-a-taker'),
  },
  {
    name: 'speaks before persisting',
    family: 'grapevine',
    breaks: 'S2',
    defects: { speaksBeforePersisting: true },
  },
  {
    name: 'epochs without a life',
    family: 'grapevine',
    breaks: 'L1',
    defects: { stepMaker: (state, input, env) => stepMaker(state, input, { ...env, life: 0 }) },
  },
  {
    name: 'a confirmation is said before it is durable',
    family: 'grapevine',
    breaks: 'S3',
    defects: { forgetsToSync: ({ type }) => type === 'confirmed' },
  },
  {
    name: 'an award is told before it is durable',
    family: 'grapevine',
    breaks: 'S2',
    defects: { forgetsToSync: ({ type }) => type === 'awarded' },
  },
  {
    name: 'a status does not tell that the holds of earlier lives are over',
    family: 'grapevine',
    breaks: 'L1',
    defects: {
      stepMaker: (state, input, env) => {
        const result = stepMaker(state, input, env);
        const { answer } = result;
        if (answer?.kind !== 'status' || result.state === null) return result;
        return { ...result, answer: { ...answer, epoch: result.state.epoch } };
      },
    },
  },
  {
    name: 'a confirmed taker concludes by time that it has lost',
    family: 'grapevine',
    breaks: 'L1',
    defects: simulated('lost-by-timeout'),
  },
  {
    name: 'a taker believes that its confirmation is the deal',
    family: 'grapevine',
    breaks: 'S2',
    defects: simulated('won-at-approval'),
  },
  {
    name: 'a confirmed taker ignores that it was released',
    family: 'grapevine',
    breaks: 'L1',
    defects: simulated('deaf-to-release'),
  },
  {
    name: 'after a doubt an error of an original is believed',
    family: 'mixed',
    breaks: 'S2',
    defects: simulated('believe-an-error-after-doubt'),
  },
  {
    name: 'a restart forgets that an approval to an original is in doubt',
    family: 'mixed',
    breaks: 'S2',
    defects: simulated('forget-doubt-at-restart'),
  },
  {
    name: 'an offer that an original may have taken can be cancelled',
    family: 'mixed',
    breaks: 'S2',
    defects: {
      stepMaker: (state, input, env) =>
        state !== null && input.kind === 'cancel' && isOriginals(state)
          ? makerDecides(state, { type: 'cancelled', at: env.wallMs })
          : stepMaker(state, input, env),
    },
  },
  {
    name: 'an offer that an original may have taken expires',
    family: 'mixed',
    breaks: 'S2',
    defects: simulated('expire-in-doubt'),
  },
  {
    name: 'an offer that was awarded can be cancelled',
    family: 'grapevine',
    breaks: 'cancelled in awarded',
    defects: {
      stepMaker: (state, input, env) => {
        if (state?.phase !== 'awarded' || input.kind !== 'cancel') return stepMaker(state, input, env);
        const record = { type: 'cancelled', at: env.wallMs } as const;
        return {
          state: { ...state, phase: 'cancelled' },
          records: [record],
          mustSync: true,
          answer: null,
          effects: [],
          notices: [],
        };
      },
    },
  },
  {
    name: 'a reservation is not written down',
    family: 'grapevine',
    breaks: 'does not give back what it knows',
    defects: {
      stepMaker: (state, input, env) => {
        const result = stepMaker(state, input, env);
        return { ...result, records: result.records.filter(({ type }) => type !== 'reserved') };
      },
    },
  },
  {
    name: 'a taker forgets to plan its next question',
    family: 'grapevine',
    breaks: 'was due already',
    defects: {
      stepTaker: (state, input, env, self) =>
        state?.phase === 'confirmed' && input.kind === 'tick'
          ? { state, records: [], mustSync: false, answer: null, effects: [], notices: [] }
          : stepTaker(state, input, env, self),
    },
  },
];
