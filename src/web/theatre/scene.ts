/** Computes what is visible at one time of a recording: the current offer, the states of the desks, messages on their way. Pure. */
import { naiveOutcome, type NaiveEvent, type NaiveOutcome } from '../../demo/naive-flow.ts';
import type { MessageStep, Step } from '../../demo/recording.ts';

/** The state of a taker, from its own events. `held`: from the maker's. */
export type DeskState = 'idle' | 'wants' | 'waits' | 'held' | 'confirmed' | 'doubt' | 'won' | 'lost';

export interface Flight {
  readonly step: MessageStep;
  /** 0: sent. 1: received. */
  readonly progress: number;
}

export interface Scene {
  readonly offer: Extract<Step, { kind: 'offer' }> | null;
  readonly states: ReadonlyMap<string, DeskState>;
  readonly down: ReadonlySet<string>;
  readonly apart: ReadonlySet<string>;
  readonly flights: readonly Flight[];
  /** The desks that have emitted `deal.won`. */
  readonly winners: readonly string[];
  /** The desk that the maker has awarded it to. */
  readonly awardedTo: string | null;
  /** All takers know the outcome. */
  readonly isEnded: boolean;
  readonly naive: NaiveOutcome;
}

/** The state of a taker after one of its own events. */
const STATE_AFTER: Readonly<Record<string, DeskState>> = {
  'acceptance.sent': 'wants',
  'acceptance.queued': 'waits',
  'award.confirmed': 'confirmed',
  'award.lost_hold': 'wants',
  'deal.in_doubt': 'doubt',
  'deal.won': 'won',
  'deal.lost': 'lost',
};

export function sceneAt(steps: readonly Step[], naive: readonly NaiveEvent[], at: number): Scene {
  const past = steps.filter((step) => step.at <= at);
  const offer = past.findLast((step) => step.kind === 'offer') ?? null;
  const ofOffer = past.filter((step) => 'offer' in step && step.offer === offer?.offer);
  const notices = ofOffer.filter((step) => step.kind === 'notice');
  const states = statesAfter(notices);
  return {
    offer,
    states,
    down: downAfter(past),
    apart: apartAfter(past),
    flights: flightsAt(past, at),
    winners: [...states].filter(([, state]) => state === 'won').map(([name]) => name),
    awardedTo: notices.findLast(({ event }) => event === 'deal.awarded')?.about ?? null,
    isEnded: ofOffer.some(({ kind }) => kind === 'ended'),
    naive: naiveOutcome(naive, offer?.offer ?? 0, at),
  };
}

/** The approvals of the naive flow, and the answers to them. Its other messages are the same as in the recording. */
export function naiveFlightsAt(naive: readonly NaiveEvent[], maker: string, flightMs: number, at: number) {
  return naive.flatMap(({ event, desk, at: began }, index) => {
    const progress = (at - began) / flightMs;
    if (progress < 0 || progress > 1) return [];
    if (event === 'approved') return [{ from: maker, to: desk, isLost: false, progress }];
    if (event !== 'took') return [];
    const isApproved = naive.slice(0, index).some((other) => other.event === 'approved' && other.desk === desk);
    const isLost = naive.slice(index).some((other) => other.event === 'refused' && other.desk === desk);
    return isApproved ? [{ from: desk, to: maker, isLost, progress }] : [];
  });
}

/** The time when the last message arrives, or of the last step. */
export function endOf(steps: readonly Step[]): number {
  return steps.reduce((end, step) => Math.max(end, step.at + (step.kind === 'message' ? step.ms : 0)), 0);
}

/** Steps that start within this time count as one moment. */
const MOMENT_MS = 25;

/** The times at which something visible starts. */
export function momentsOf(steps: readonly Step[]): readonly number[] {
  const moments: number[] = [];
  for (const { at, kind } of steps) {
    if (kind === 'notice') continue;
    const last = moments.at(-1);
    if (last === undefined || at - last > MOMENT_MS) moments.push(at);
  }
  return moments;
}

/** Whether the next offer can be announced: nothing is broken, and the winner of the current offer knows. */
export function canAnnounce(scene: Scene): boolean {
  const { offer, winners, awardedTo } = scene;
  if (isBroken(scene)) return false;
  return offer === null || (winners.length > 0 && awardedTo !== null);
}

export function isBroken({ down, apart }: Scene): boolean {
  return down.size > 0 || apart.size > 0;
}

function statesAfter(notices: readonly Extract<Step, { kind: 'notice' }>[]): ReadonlyMap<string, DeskState> {
  const states = new Map<string, DeskState>();
  for (const { desk, event, about } of notices) {
    if (event === 'award.reserved' && about !== undefined) states.set(about, 'held');
    if (event === 'award.released' && about !== undefined && states.get(about) === 'held') states.set(about, 'waits');
    // The maker emits an event of the same name for each taker that waits.
    const isOfMaker = about !== undefined && about !== desk;
    const state = isOfMaker ? undefined : STATE_AFTER[event];
    // The answer "queued" can arrive after the approval.
    const isOlder = state === 'waits' && states.get(desk) !== 'wants';
    if (state !== undefined && !isOlder) states.set(desk, state);
  }
  return states;
}

function downAfter(past: readonly Step[]): ReadonlySet<string> {
  const down = new Set<string>();
  for (const step of past) {
    if (step.kind === 'down') down.add(step.desk);
    if (step.kind === 'up') down.delete(step.desk);
  }
  return down;
}

function apartAfter(past: readonly Step[]): ReadonlySet<string> {
  const last = past.findLast(({ kind }) => kind === 'cut' || kind === 'joined');
  return new Set(last?.kind === 'cut' ? last.apart : []);
}

function flightsAt(past: readonly Step[], at: number): readonly Flight[] {
  return past.flatMap((step) => {
    if (step.kind !== 'message' || step.at + step.ms < at) return [];
    return [{ step, progress: step.ms === 0 ? 1 : (at - step.at) / step.ms }];
  });
}
