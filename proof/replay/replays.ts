/**
 * Each counterexample of the model as a schedule for real desks without the same rule. Times are milliseconds of virtual time: the offer
 * is announced at 100, messages take 10, a sync of the disk takes 3, a hold lasts 10 s, and a request times out after 3 s.
 */
import type { Steps } from '../../src/desk/protocol-roles.ts';
import { doesNotWaitFor, withSync } from '../../simulation/durability-mutants.ts';
import { mutantNamed } from '../../simulation/mutants.ts';
import type { Tampering } from '../../simulation/sim-desk.ts';
import { withChanges } from '../../testing/with-changes.ts';
import type { Schedule } from './run-replay.ts';

export interface Replay {
  /** The name of the counterexample. */
  readonly search: string;
  /** Distinguishes two schedules of the same counterexample. */
  readonly variant?: string;
  readonly withoutRule: Tampering;
  /** Default: none, as the product has the rule. */
  readonly withRule?: Tampering;
  readonly schedule: Schedule;
}

function mutant(name: string): Tampering {
  const found = mutantNamed(name);
  if (found === undefined) throw new Error(`the simulator has no mutant ${name}`);
  return found.tampering;
}

/** All lives have the same number. */
const sameLife: Tampering = { journal: (journal) => withChanges(journal, { life: 1 }) };

/** Epochs continue from the journal, and do not contain the life. */
const epochsOfTheJournal: Tampering = {
  steps: (steps) => ({ ...steps, maker: (state, input, env) => steps.maker(state, input, { ...env, life: 0 }) }),
};

/** The answer to `offer:status` has the latest epoch of the journal. */
const answersOfTheJournal: Tampering = {
  steps: (steps): Steps => ({
    ...steps,
    maker: (state, input, env) => {
      const turn = steps.maker(state, input, env);
      if (turn.answer?.kind !== 'status' || turn.state === null) return turn;
      return { ...turn, answer: { ...turn.answer, epoch: turn.state.epoch } };
    },
  }),
};

const APPROVAL = 'M>A offer:accept:approved';
const CONFIRMATION = 'A>M answer to offer:accept:approved';
const HINT = 'M>A offer:accept:released';
const DONE = 'M>A offer:done';
const ANSWER = 'M>A answer to offer:status';

/**
 * The maker holds the offer for B when A asks for the status. A crash loses that hold, and in its next life the maker holds the offer
 * for A. Then A gets the old answer, and the maker gets A's confirmation.
 */
const heldAgain: Schedule = {
  takers: ['A', 'B'],
  direct: (way, count, nowMs) => {
    if (way === 'A>M offer:accept' && count === 1) return [60, 1_400];
    if (way === 'M>B offer:accept:approved') return 'lost';
    // A repeated announcement makes A ask for the status.
    if (way === 'M>A offer:new' && count === 1) return [10, 300];
    if (way === ANSWER && nowMs < 500) return 2_700;
    if (way === CONFIRMATION && nowMs < 2_500) return 2_500;
    return undefined;
  },
  orders: { 'at 450': { crash: 'M' }, 'at 445': { crash: 'B', backAfterMs: 100_000 } },
};

export const REPLAYS: readonly Replay[] = [
  {
    search: 'confirmed-not-waited-for',
    withoutRule: doesNotWaitFor('confirmed'),
    schedule: { takers: ['A'], orders: { 'A confirmed': { crash: 'A', backAfterMs: 20_000 } } },
  },
  {
    search: 'awarded-not-waited-for',
    withoutRule: doesNotWaitFor('awarded'),
    schedule: { takers: ['A'], orders: { 'M awarded': { crash: 'M' } } },
  },
  {
    search: 'awarded-twice',
    withoutRule: doesNotWaitFor('awarded'),
    schedule: {
      takers: ['A', 'B'],
      only: 'S1',
      direct: (way, _count, nowMs) => {
        if (way === 'B>M offer:accept' && nowMs < 200) return 60;
        return way === 'M>B offer:done' && nowMs < 500 ? 'lost' : undefined;
      },
      orders: { 'M awarded': { crash: 'M' } },
    },
  },
  {
    search: 'ended-not-waited-for',
    variant: 'cancelled',
    withoutRule: doesNotWaitFor('cancelled'),
    schedule: {
      takers: ['A'],
      onlookers: ['A'],
      orders: { 'at 1000': { cancel: true }, 'M cancelled': { crash: 'M' } },
    },
  },
  {
    search: 'ended-not-waited-for',
    variant: 'expired',
    withoutRule: doesNotWaitFor('expired'),
    schedule: { takers: ['A'], onlookers: ['A'], validForMs: 5_000, orders: { 'M expired': { crash: 'M' } } },
  },
  {
    search: 'opened-not-waited-for',
    withoutRule: doesNotWaitFor('opened'),
    schedule: { takers: ['A'], orders: { 'A confirmed': { crash: 'M' } } },
  },
  {
    search: 'released-not-waited-for',
    withoutRule: doesNotWaitFor('released'),
    schedule: {
      takers: ['A'],
      covered: ['M reserved'],
      direct: (way, _count, nowMs) => {
        if (way === APPROVAL && nowMs < 10_200) return 'lost';
        if (way === HINT) return 1_000;
        return way === CONFIRMATION && nowMs < 11_000 ? 1_500 : undefined;
      },
      orders: { 'M released': { crash: 'M' } },
    },
  },
  {
    search: 'refused-not-waited-for',
    withoutRule: doesNotWaitFor('released'),
    schedule: {
      takers: ['A'],
      covered: ['M reserved'],
      direct: (way, count, nowMs) => {
        // A accepts the offer, loses that in a crash, refuses, accepts it again after a repeated announcement, and then asks.
        if (way === 'M>A offer:new' && count === 1) return [10, 900, 2_600];
        if (way === APPROVAL && count === 1) return 500;
        if (way === CONFIRMATION && count === 1) return 1_900;
        if (way === ANSWER && nowMs < 2_800) return 2_000;
        return way === CONFIRMATION ? 2_500 : undefined;
      },
      orders: { 'A accepting': { crash: 'A' }, 'at 2725': { crash: 'M' } },
    },
  },
  {
    search: 'original-not-waited-for',
    withoutRule: doesNotWaitFor('reserved'),
    schedule: {
      takers: ['O'],
      direct: (way) => (way === 'O>M answer to offer:accept:approved' ? 1_000 : undefined),
      orders: { 'at 160': { crash: 'M' } },
    },
  },
  {
    search: 'won-not-waited-for',
    withoutRule: doesNotWaitFor('won'),
    schedule: { takers: ['A'], orders: { 'A won': { crash: 'A' } } },
  },
  {
    search: 'lost-not-waited-for',
    withoutRule: doesNotWaitFor('lost'),
    schedule: {
      takers: ['A'],
      direct: (way) => (way === CONFIRMATION ? 'lost' : undefined),
      orders: { 'at 1000': { cancel: true }, 'A lost': { crash: 'A' } },
    },
  },
  {
    search: 'closed-not-waited-for',
    withoutRule: doesNotWaitFor('closed'),
    schedule: {
      takers: ['A'],
      direct: (way, _count, nowMs) => (way === CONFIRMATION && nowMs < 1_500 ? 'lost' : undefined),
      orders: { 'at 1000': { close: 'A' }, 'A closed': { crash: 'A' } },
    },
  },
  {
    search: 'withdrawn-not-waited-for',
    withoutRule: doesNotWaitFor('withdrawn'),
    schedule: {
      takers: ['A'],
      covered: ['A accepting'],
      direct: (way, count) => (way === APPROVAL && count === 1 ? 'lost' : undefined),
      orders: { 'at 1000': { withdraw: 'A' }, 'A withdrawn': { crash: 'A' } },
    },
  },
  { search: 'epochs-without-a-life', withoutRule: epochsOfTheJournal, schedule: heldAgain },
  { search: 'life-not-waited-for', withoutRule: sameLife, schedule: heldAgain },
  {
    search: 'answers-without-a-life',
    withoutRule: answersOfTheJournal,
    schedule: { takers: ['A'], validForMs: 86_400_000, endMs: 300_000, orders: { 'A confirmed': { crash: 'M' } } },
  },
  {
    search: 'confirmation-of-any-epoch',
    withoutRule: mutant('forget-the-epoch-of-a-taker'),
    schedule: {
      takers: ['A'],
      direct: (way, count, nowMs) => {
        if (way === 'A>M offer:accept' && count === 1) return [10, 10_200];
        if (way === APPROVAL && nowMs < 7_500) return 'unsent';
        if (way === APPROVAL && nowMs > 10_120 && nowMs < 20_000) return 'lost';
        if (way === CONFIRMATION && nowMs < 10_000) return 10_600 - nowMs;
        return way === HINT ? 'lost' : undefined;
      },
    },
  },
  {
    search: 'old-answer-believed',
    withoutRule: mutant('believe-a-stale-status'),
    schedule: {
      takers: ['A'],
      direct: (way, count, nowMs) => {
        if (way === 'A>M offer:accept' && count === 1) return [10, 10_900];
        if (way === APPROVAL && nowMs < 10_200) return 'lost';
        if (way === ANSWER && nowMs > 10_120 && nowMs < 11_000) return 2_700;
        if (way === CONFIRMATION && nowMs < 12_000) return 2_900;
        return way === HINT ? 'lost' : undefined;
      },
    },
  },
  {
    search: 'time-out-is-loss',
    withoutRule: mutant('lost-by-timeout'),
    schedule: {
      takers: ['A'],
      validForMs: 12_000,
      clockMs: { A: 11_500 },
      direct: (way, count) => (way === CONFIRMATION && count === 1 ? 2_700 : undefined),
    },
  },
  {
    search: 'never-asks',
    withoutRule: mutant('never-ask'),
    schedule: { takers: ['A'], direct: (way) => (way === DONE ? 'lost' : undefined) },
  },
  {
    search: 'confirms-what-is-over',
    withoutRule: mutant('confirm-any-epoch'),
    schedule: {
      takers: ['A'],
      direct: (way, count, nowMs) => {
        // One approval arrives in time. Its confirmation is lost, and it arrives again after its hold has ended.
        if (way === APPROVAL && count === 1) return [10, 10_600, 11_200];
        if (way === APPROVAL && nowMs > 10_000 && nowMs < 13_000) return 'lost';
        return way === CONFIRMATION && nowMs < 13_000 ? 'lost' : undefined;
      },
    },
  },
  {
    search: 'error-after-doubt',
    withoutRule: mutant('believe-an-error-after-doubt'),
    schedule: {
      takers: ['O'],
      direct: (way, count) => (way === 'O>M answer to offer:accept:approved' && count === 1 ? 'lost' : undefined),
      original: ['takes', 'errs'],
    },
  },
  {
    search: 'doubt-forgotten',
    withoutRule: mutant('forget-doubt-at-restart'),
    schedule: {
      takers: ['O'],
      direct: (way, count) => {
        if (way === 'O>M answer to offer:accept:approved' && count === 1) return 1_000;
        return way === 'M>O offer:accept:approved' && count === 2 ? 'unsent' : undefined;
      },
      orders: { 'at 160': { crash: 'M' } },
    },
  },
  {
    search: 'time-out-is-refusal',
    withoutRule: mutant('timeout-is-refusal'),
    schedule: {
      takers: ['O'],
      direct: (way, count) => (way === 'O>M answer to offer:accept:approved' && count === 1 ? 'lost' : undefined),
    },
  },
  {
    search: 'lost-and-in-doubt-again',
    withoutRule: {},
    withRule: withSync('lost', true),
    schedule: {
      takers: ['A'],
      lossEndsDoubt: true,
      direct: (way, count, nowMs) => {
        // After the crash, A receives the announcement again, and an approval that was sent before the end.
        if (way === 'M>A offer:new' && count === 1) return [10, 1_000];
        if (way === 'A>M offer:accept' && nowMs > 500 && nowMs < 1_500) return 'lost';
        return way === APPROVAL && count === 1 ? 1_200 : undefined;
      },
      orders: { 'at 500': { cancel: true }, 'A lost': { crash: 'A' } },
    },
  },
];
