/** Defects of takers. */
import { applyTaker } from '../src/protocol/taker-state.ts';
import { refusal } from '../src/protocol/messages.ts';
import { takerMistakes, resultOf, wrongTaker, type StepMutant } from './mutant.ts';

export const TAKER_MUTANTS: readonly StepMutant[] = [
  {
    name: 'lost-by-timeout',
    defect: 'a taker in doubt concludes by its clock that it has lost',
    tampering: wrongTaker((step) => (state, input, env, self) => {
      const isLate = state?.phase === 'confirmed' && env.wallMs > (state.terms.expiresAt ?? Infinity);
      if (!isLate || input.kind !== 'tick') return step(state, input, env, self);
      const record = { type: 'lost', at: env.wallMs, reason: 'expired' } as const;
      return resultOf(applyTaker(state, record), record);
    }),
  },
  {
    name: 'won-at-approval',
    defect: 'a taker believes that its confirmation is the deal',
    tampering: wrongTaker((step) => (state, input, env, self) => {
      const result = step(state, input, env, self);
      if (result.state?.phase !== 'confirmed') return result;
      const record = { type: 'won', at: env.wallMs, epoch: result.state.epoch } as const;
      return { ...result, state: applyTaker(result.state, record), records: [...result.records, record] };
    }),
  },
  {
    name: 'answer-approvals-anew',
    defect: 'the same approval again gets another answer: not interested any more',
    tampering: wrongTaker((step) => (state, input, env, self) => {
      const isRepeated = state?.phase === 'confirmed' || state?.phase === 'won';
      const isApproval = input.kind === 'message' && input.message.cmd === 'offer:accept:approved';
      if (!isRepeated || !isApproval) return step(state, input, env, self);
      const answer = refusal('ERR_NOT_INTERESTED', 'we have dealt with that');
      return { state, records: [], mustSync: false, answer, effects: [], notices: [] };
    }),
  },
  {
    name: 'confirm-any-epoch',
    defect: 'a taker confirms a reservation that it knows to be over',
    tampering: takerMistakes((state, input) =>
      input.kind === 'message' && input.message.cmd === 'offer:accept:approved' && state.epochFloor > 0
        ? { state: { ...state, epochFloor: 0 } }
        : {},
    ),
  },
  {
    name: 'believe-a-stale-status',
    defect: 'an answer from before the reservation counts',
    tampering: takerMistakes((state, input) => {
      if (state.phase !== 'confirmed' || input.kind !== 'result' || input.result.kind !== 'status') return {};
      return {
        input: { ...input, result: { ...input.result, epoch: Math.max(input.result.epoch, state.epoch ?? 0) } },
      };
    }),
  },
  {
    name: 'deaf-to-release',
    defect: 'a taker in doubt does not hear that it was released',
    tampering: takerMistakes((state, input) => {
      if (state.phase !== 'confirmed') return {};
      if (input.kind === 'message' && input.message.cmd === 'offer:accept:released') return { input: { kind: 'tick' } };
      if (input.kind !== 'result' || input.result.kind !== 'status' || input.result.standing !== 'none') return {};
      return { input: { ...input, result: { kind: 'unknown', code: 'ERR_TIMEOUT' } } };
    }),
  },
  {
    name: 'withdraw-after-confirming',
    defect: 'a taker withdraws what it has confirmed',
    tampering: wrongTaker((step) => (state, input, env, self) => {
      if (state?.phase !== 'confirmed' || input.kind !== 'withdraw') return step(state, input, env, self);
      return resultOf({ ...state, phase: 'withdrawn' }, { type: 'withdrawn', at: env.wallMs } as const);
    }),
  },
  {
    name: 'confirm-without-writing',
    defect: 'a confirmation is said and not written',
    tampering: wrongTaker((step) => (state, input, env, self) => {
      const result = step(state, input, env, self);
      return { ...result, records: result.records.filter(({ type }) => type !== 'confirmed') };
    }),
  },
  {
    name: 'never-ask',
    defect: 'a taker in doubt waits to be told',
    tampering: wrongTaker((step) => (state, input, env, self) => {
      const result = step(state, input, env, self);
      if (result.state?.phase !== 'confirmed') return result;
      const isQuestion = result.effects.some(
        (effect) => effect.kind === 'send' && effect.message.cmd === 'offer:status',
      );
      if (!isQuestion) return result;
      const effects = result.effects.filter(
        (effect) => effect.kind !== 'send' || effect.message.cmd !== 'offer:status',
      );
      return { ...result, effects };
    }),
  },
];
