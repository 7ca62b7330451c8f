/** Defects of makers. */
import { applyMaker, type MakerState } from '../src/protocol/maker-state.ts';
import { refusal } from '../src/protocol/messages.ts';
import type { MakerInput, StepEnvironment } from '../src/protocol/step.ts';
import { makerMistakes, resultOf, wrongMaker, type StepMutant } from './mutant.ts';

type Result = Extract<MakerInput, { kind: 'result' }>;

/** A confirmation of another reservation counts for the current one. */
function takenForCurrent(state: MakerState, input: Result, whose: 'anybody' | 'same taker'): MakerInput {
  const { reservation } = state;
  if (input.result.kind !== 'confirmed' || typeof reservation?.until !== 'number') return input;
  if (whose === 'same taker' && reservation.taker.id !== input.to.id) return input;
  const { epoch, taker } = reservation;
  return { ...input, to: taker, correlation: { what: 'approval', epoch }, result: { kind: 'confirmed', epoch } };
}

function isOver(state: MakerState, env: StepEnvironment): boolean {
  return env.wallMs >= (state.terms.expiresAt ?? Infinity);
}

/** Changes the phase without the transition table. With an award left, a report on that deal would end the simulator itself. */
function endedAs(
  state: MakerState,
  type: 'cancelled' | 'expired',
  env: StepEnvironment,
): ReturnType<typeof resultOf<MakerState, { type: typeof type; at: number }>> {
  return resultOf(
    { ...state, phase: type, reservation: null, delivery: null, outcomeRecipient: null, award: null },
    { type, at: env.wallMs },
  );
}

export const MAKER_MUTANTS: readonly StepMutant[] = [
  {
    name: 'forget-the-epoch',
    defect: 'a confirmation counts for whatever reservation there is now',
    tampering: makerMistakes((state, input) =>
      input.kind === 'result' ? { input: takenForCurrent(state, input, 'anybody') } : {},
    ),
  },
  {
    name: 'forget-the-epoch-of-a-taker',
    defect: 'a confirmation counts for whatever reservation its taker has now',
    tampering: makerMistakes((state, input) =>
      input.kind === 'result' ? { input: takenForCurrent(state, input, 'same taker') } : {},
    ),
  },
  {
    name: 'honour-a-late-confirmation',
    defect: 'a confirmation of a reservation that is over counts',
    tampering: wrongMaker((step) => (state, input, env) => {
      if (state === null || input.kind !== 'result') return step(state, input, env);
      const { correlation, to, result } = input;
      const isLate = correlation.what === 'approval' && state.reservation?.epoch !== correlation.epoch;
      const isUndecided = state.phase === 'open' || state.phase === 'reserved';
      if (!isLate || result.kind !== 'confirmed' || !isUndecided || to.dialect === 'original')
        return step(state, input, env);
      // The taker with the reservation loses it.
      const epoch = state.epoch + 1;
      const { reservation } = state;
      const records = [
        ...(reservation === null
          ? []
          : [{ type: 'released', at: env.wallMs, epoch: state.epoch, reason: 'silent' } as const]),
        { type: 'reserved', at: env.wallMs, taker: to, epoch, until: env.wallMs } as const,
        { type: 'awarded', at: env.wallMs, taker: to, epoch } as const,
      ];
      const next = records.reduce<MakerState>((before, record) => applyMaker(before, record), state);
      return { state: next, records, mustSync: true, answer: null, effects: [], notices: [] };
    }),
  },
  {
    name: 'timeout-is-refusal',
    defect: 'no answer to an approval is taken for a refusal',
    tampering: makerMistakes((_state, input) =>
      input.kind === 'result' && input.correlation.what === 'approval' && input.result.kind === 'unknown'
        ? { input: { ...input, result: refusal('ERR_REFUSED', 'no answer') } }
        : {},
    ),
  },
  {
    name: 'expire-during-the-award',
    defect: 'the end of the validity ends an offer that has just been awarded',
    tampering: wrongMaker((step) => (state, input, env) => {
      if (state?.phase !== 'awarded' || state.outcomeRecipient === null || !isOver(state, env))
        return step(state, input, env);
      return endedAs(state, 'expired', env);
    }),
  },
  {
    name: 'reuse-epochs-after-restart',
    defect: 'reservations are numbered from 1 again after a restart',
    tampering: makerMistakes((state, input) =>
      input.kind === 'recover' && state.phase === 'open' ? { state: { ...state, epoch: 0 } } : {},
    ),
  },
  {
    name: 'answer-acceptances-anew',
    defect: 'the same acceptance again is a further acceptance',
    tampering: wrongMaker((step) => (state, input, env) => {
      const isRepeated = state !== null && input.kind === 'message' && input.message.cmd === 'offer:accept';
      if (!isRepeated || (state.phase !== 'open' && state.phase !== 'reserved')) return step(state, input, env);
      const queue = [...state.queue, { taker: input.from }];
      if (queue.length > state.queueMax || state.reservation === null) return step(state, input, env);
      const answer = { kind: 'queued', position: queue.length } as const;
      return { state: { ...state, queue }, records: [], mustSync: false, answer, effects: [], notices: [] };
    }),
  },
  {
    name: 'award-without-confirmation',
    defect: 'an answer that nobody vouches for is taken for a confirmation',
    tampering: makerMistakes((state, input) => {
      const { reservation } = state;
      if (input.kind !== 'result' || input.correlation.what !== 'approval') return {};
      const isUnvouched = input.result.kind === 'unknown' && input.result.code === 'ERR_SIGNATURE';
      if (!isUnvouched || reservation?.until == null) return {};
      return { input: { ...input, result: { kind: 'confirmed', epoch: input.correlation.epoch } } };
    }),
  },
  {
    name: 'award-when-sent',
    defect: 'the maker awards when it sends the approval, as the original does',
    tampering: wrongMaker((step) => (state, input, env) => {
      const result = step(state, input, env);
      const { reservation } = result.state ?? {};
      if (result.state === null || !reservation?.isInFlight || reservation.until === null) return result;
      const record = { type: 'awarded', at: env.wallMs, taker: reservation.taker, epoch: reservation.epoch } as const;
      return { ...result, state: applyMaker(result.state, record), records: [...result.records, record] };
    }),
  },
  {
    name: 'believe-an-error-after-doubt',
    defect: "after a doubt, an error of an original's client releases the offer",
    tampering: makerMistakes((state, input) =>
      input.kind === 'result' && input.result.kind === 'refused' && state.reservation?.inDoubt === true
        ? { state: { ...state, reservation: { ...state.reservation, inDoubt: false } } }
        : {},
    ),
  },
  {
    name: 'forget-doubt-at-restart',
    defect: "a restart forgets that an approval to an original's client may have been received",
    tampering: wrongMaker((step) => (state, input, env) => {
      const result = step(state, input, env);
      const { reservation } = result.state ?? {};
      if (input.kind !== 'recover' || result.state === null || !reservation) return result;
      return { ...result, state: { ...result.state, reservation: { ...reservation, inDoubt: false } } };
    }),
  },
  {
    name: 'expire-in-doubt',
    defect: "the end of the validity ends an offer that an original's client may have taken",
    tampering: wrongMaker((step) => (state, input, env) => {
      const isHeld = state !== null && state.reservation !== null && state.reservation.until === null;
      if (!isHeld || input.kind !== 'tick' || !isOver(state, env)) return step(state, input, env);
      return endedAs(state, 'expired', env);
    }),
  },
  {
    name: 'forget-who-waits-for-the-outcome',
    defect: 'an outcome counts as delivered when it was sent once',
    tampering: makerMistakes((_state, input) =>
      input.kind === 'result' && input.correlation.what === 'delivery'
        ? { input: { ...input, result: { kind: 'acknowledged' } } }
        : {},
    ),
  },
  {
    name: 'never-release',
    defect: 'a reservation whose taker is silent is held for ever',
    tampering: wrongMaker((step) => (state, input, env) => {
      const { reservation } = state ?? {};
      if (state === null || reservation?.until == null) return step(state, input, env);
      const monotonicMs = Math.min(env.monotonicMs, reservation.holdEndsAt - 1);
      return step(state, input, { ...env, monotonicMs });
    }),
  },
];
