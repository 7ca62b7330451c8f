/**
 * What there is to see of a recording at one time: pure, so that pausing and going back are nothing special. Only the offer that is
 * under way at that time counts.
 */
import { naiveOutcome, type NaiveEvent, type NaiveOutcome } from '../../demo/naive-flow.ts';
import type { MessageStep, Step } from '../../demo/recording.ts';

/** Of a desk, as it says itself. */
export type DeskState = 'idle' | 'wants' | 'waits' | 'held' | 'confirmed' | 'doubt' | 'won' | 'lost';

export interface Flight {
  readonly step: MessageStep;
  /** Where it is: 0 it leaves, 1 it is there. */
  readonly part: number;
}

export interface Scene {
  readonly offer: Extract<Step, { kind: 'offer' }> | null;
  readonly states: ReadonlyMap<string, DeskState>;
  readonly down: ReadonlySet<string>;
  readonly apart: ReadonlySet<string>;
  readonly flights: readonly Flight[];
  /** The desks that say that they have it. */
  readonly winners: readonly string[];
  /** Whom the maker has awarded it to. */
  readonly awardedTo: string | null;
  /** All who took part know. */
  readonly isEnded: boolean;
  readonly naive: NaiveOutcome;
}

/** What becomes of a desk by what it says. The maker's own events say nothing about the state of another desk. */
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

/** The messages of the naive flow that are its own: approvals and their answers. */
export interface NaiveFlight {
  readonly from: string;
  readonly to: string;
  readonly isLost: boolean;
  readonly part: number;
}

export function naiveFlightsAt(
  naive: readonly NaiveEvent[],
  maker: string,
  flightMs: number,
  at: number,
): readonly NaiveFlight[] {
  return naive.flatMap(({ event, desk, at: began }, index) => {
    const part = (at - began) / flightMs;
    if (part < 0 || part > 1) return [];
    if (event === 'asked') return [{ from: maker, to: desk, isLost: false, part }];
    if (event !== 'took') return [];
    const isAsked = naive.slice(0, index).some((other) => other.event === 'asked' && other.desk === desk);
    const isLost = naive.slice(index).some((other) => other.event === 'refused' && other.desk === desk);
    return isAsked ? [{ from: desk, to: maker, isLost, part }] : [];
  });
}

/** When the last thing of a recording has happened. */
export function endOf(steps: readonly Step[]): number {
  return steps.reduce((end, step) => Math.max(end, step.at + (step.kind === 'message' ? step.ms : 0)), 0);
}

/** Steps that are so close together are one moment for an eye. */
const MOMENT_MS = 25;

/** The times at which something begins, for going from one to the next. */
export function momentsOf(steps: readonly Step[]): readonly number[] {
  const moments: number[] = [];
  for (const { at, kind } of steps) {
    if (kind === 'notice') continue;
    const last = moments.at(-1);
    if (last === undefined || at - last > MOMENT_MS) moments.push(at);
  }
  return moments;
}

/** Of two offers that are announced one after the other, what can be done next begins when this is over. */
export function isFree({ offer, winners, awardedTo, down, apart }: Scene): boolean {
  if (down.size > 0 || apart.size > 0) return false;
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
    // The maker says who waits for it under the same name.
    const isOfMaker = about !== undefined && about !== desk;
    const state = isOfMaker ? undefined : STATE_AFTER[event];
    // That it waits is learned later than that the offer is held for it.
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
    return [{ step, part: step.ms === 0 ? 1 : (at - step.at) / step.ms }];
  });
}
