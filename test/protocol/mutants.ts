/** Defects that somebody might build in, by hand. A model that does not find them proves nothing. */
import { applyMaker, type MakerState } from '../../src/protocol/maker-state.ts';
import { stepMaker } from '../../src/protocol/maker.ts';
import { refusal } from '../../src/protocol/messages.ts';
import type { MakerRecord } from '../../src/protocol/records.ts';
import type { MakerInput, TakerInput, Transition } from '../../src/protocol/step.ts';
import { applyTaker, type TakerState } from '../../src/protocol/taker-state.ts';
import { stepTaker } from '../../src/protocol/taker.ts';
import type { Defects } from './adversary.ts';

interface Mutant {
  readonly name: string;
  readonly family: 'grapevine' | 'mixed';
  /** A part of what the model says when it finds it. */
  readonly breaks: string;
  readonly defects: Defects;
}

type MakerResult = Extract<MakerInput, { kind: 'result' }>;

/** The maker takes what was said for something else. */
function makerMistakes(mistake: (state: MakerState, input: MakerResult) => MakerInput): Defects {
  return {
    stepMaker: (state, input, env) =>
      stepMaker(state, state !== null && input.kind === 'result' ? mistake(state, input) : input, env),
  };
}

function takerMistakes(mistake: (state: TakerState, input: TakerInput) => TakerInput): Defects {
  return {
    stepTaker: (state, input, env, self) => stepTaker(state, state === null ? input : mistake(state, input), env, self),
  };
}

function makerDecides(state: MakerState, record: MakerRecord): Transition<MakerState, MakerRecord> {
  return {
    state: applyMaker(state, record),
    records: [record],
    sync: true,
    answer: { kind: 'acknowledged' },
    effects: [],
    notices: [],
  };
}

/** A confirmation of an epoch that is over counts for whatever reservation there is now. */
function honourLate(state: MakerState, input: MakerResult, whose: 'anybody' | 'same taker'): MakerInput {
  const { reservation } = state;
  if (input.result.kind !== 'confirmed' || typeof reservation?.until !== 'number') return input;
  if (whose === 'same taker' && reservation.taker.id !== input.to.id) return input;
  const { epoch, taker } = reservation;
  return { ...input, to: taker, correlation: { what: 'approval', epoch }, result: { kind: 'confirmed', epoch } };
}

function isOriginals(state: MakerState): boolean {
  return state.reservation?.until === null;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a timeout is taken for a refusal',
    family: 'mixed',
    breaks: 'S2',
    defects: makerMistakes((_state, input) =>
      input.result.kind === 'unknown' ? { ...input, result: refusal('ERR_REFUSED', 'no answer') } : input,
    ),
  },
  {
    name: 'a confirmation for an epoch that is over is honoured',
    family: 'grapevine',
    breaks: 'S3',
    defects: makerMistakes((state, input) => honourLate(state, input, 'anybody')),
  },
  {
    name: "a taker's late confirmation counts for its next reservation",
    family: 'grapevine',
    breaks: 'S3',
    defects: makerMistakes((state, input) => honourLate(state, input, 'same taker')),
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
        const transition = stepMaker(state, input, env);
        const { answer } = transition;
        if (answer?.kind !== 'status' || transition.state === null) return transition;
        return { ...transition, answer: { ...answer, epoch: transition.state.epoch } };
      },
    },
  },
  {
    name: 'a confirmed taker concludes by time that it has lost',
    family: 'grapevine',
    breaks: 'L1',
    defects: {
      stepTaker: (state, input, env, self) => {
        const isLate =
          state?.phase === 'confirmed' && state.terms.expiresAt !== null && env.wallMs > state.terms.expiresAt;
        if (!isLate || input.kind !== 'tick') return stepTaker(state, input, env, self);
        const record = { type: 'lost', at: env.wallMs, reason: 'expired' } as const;
        return {
          state: applyTaker(state, record),
          records: [record],
          sync: true,
          answer: null,
          effects: [],
          notices: [],
        };
      },
    },
  },
  {
    name: 'a taker believes that its confirmation is the deal',
    family: 'grapevine',
    breaks: 'S2',
    defects: {
      stepTaker: (state, input, env, self) => {
        const transition = stepTaker(state, input, env, self);
        const { epoch = null, phase } = transition.state ?? {};
        if (transition.state === null || phase !== 'confirmed') return transition;
        const record = { type: 'won', at: env.wallMs, epoch } as const;
        return { ...transition, state: applyTaker(transition.state, record), records: [...transition.records, record] };
      },
    },
  },
  {
    name: 'a confirmed taker ignores that it was released',
    family: 'grapevine',
    breaks: 'L1',
    defects: takerMistakes((state, input) => {
      if (state.phase !== 'confirmed') return input;
      if (input.kind === 'message' && input.message.cmd === 'offer:accept:released') return { kind: 'tick' };
      if (input.kind !== 'result' || input.result.kind !== 'status') return input;
      return input.result.standing === 'none' ? { ...input, result: { kind: 'unknown', code: 'ERR_TIMEOUT' } } : input;
    }),
  },
  {
    name: 'after a doubt an error of an original is believed',
    family: 'mixed',
    breaks: 'S2',
    defects: {
      stepMaker: (state, input, env) => {
        const { reservation } = state ?? {};
        if (state === null || !reservation || input.kind !== 'result') return stepMaker(state, input, env);
        if (input.result.kind !== 'refused') return stepMaker(state, input, env);
        return stepMaker({ ...state, reservation: { ...reservation, inDoubt: false } }, input, env);
      },
    },
  },
  {
    name: 'a restart forgets that an approval to an original is in doubt',
    family: 'mixed',
    breaks: 'S2',
    defects: {
      stepMaker: (state, input, env) => {
        const transition = stepMaker(state, input, env);
        const { reservation } = transition.state ?? {};
        if (input.kind !== 'recover' || transition.state === null || !reservation) return transition;
        return { ...transition, state: { ...transition.state, reservation: { ...reservation, inDoubt: false } } };
      },
    },
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
    defects: {
      stepMaker: (state, input, env) => {
        const isOver = state !== null && isOriginals(state) && env.wallMs >= (state.terms.expiresAt ?? Infinity);
        if (!isOver || input.kind !== 'tick') return stepMaker(state, input, env);
        return makerDecides(state, { type: 'expired', at: env.wallMs });
      },
    },
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
          sync: true,
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
        const transition = stepMaker(state, input, env);
        return { ...transition, records: transition.records.filter(({ type }) => type !== 'reserved') };
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
          ? { state, records: [], sync: false, answer: null, effects: [], notices: [] }
          : stepTaker(state, input, env, self),
    },
  },
];
