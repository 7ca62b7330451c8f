/**
 * Both lifecycles, as tables of transitions: the events that are possible in a phase, and the phase that each leads to.
 * Every change of a phase goes through these tables (`phaseAfter`), in a step and when a journal is folded. A test
 * compares the diagrams in docs/PROTOCOL.md with them.
 *
 * An event is a record of the same name (`records.ts`), or it is in `TAKER_VOLATILE_EVENTS`. A transition can have a
 * condition, `if`, which `maker-state.ts` or `taker-state.ts` defines. The tables say what is possible; a step decides
 * when it happens.
 *
 * No transition leaves a final phase (`isFinal`): what is final stays final (docs/PROTOCOL.md, S4).
 */

/** A record that its state does not allow: a bug in this program or a damaged journal, never caused by a peer. */
export class IllegalRecordError extends Error {
  override readonly name = 'IllegalRecordError';
}

/** The phase that an event leads to, perhaps on a condition. */
type Transition<Phase extends string, Condition extends string> =
  Phase | { readonly to: Phase; readonly if: Condition };

type Lifecycle<Phase extends string, Condition extends string = string> = Readonly<
  Record<Phase, Readonly<Record<string, Transition<Phase, Condition>>>>
>;

/** The phase in which an offer begins, by its first event. */
export const MAKER_START = { opened: 'open' } as const;

export const MAKER_LIFECYCLE = {
  open: {
    reserved: { to: 'reserved', if: 'new epoch' },
    cancelled: 'cancelled',
    expired: 'expired',
    voided: 'voided',
  },
  reserved: {
    awarded: { to: 'awarded', if: 'same epoch and taker' },
    released: { to: 'open', if: 'same epoch' },
    cancelled: 'cancelled',
    expired: 'expired',
    voided: 'voided',
  },
  // Caution: `delivered` and `reportDelivered` only end the attempts to deliver. The other side has acknowledged, or we
  // have given up (`givenUp`); a client of the original was not even sent a report.
  awarded: {
    delivered: { to: 'awarded', if: 'outcome is owed' },
    reported: { to: 'awarded', if: 'not reported yet' },
    reportDelivered: { to: 'awarded', if: 'reported' },
    reportReceived: { to: 'awarded', if: 'no report received yet' },
    overdue: { to: 'awarded', if: 'not overdue yet' },
    renewed: { to: 'awarded', if: 'not renewed yet' },
  },
  cancelled: {
    delivered: { to: 'cancelled', if: 'outcome is owed' },
    renewed: { to: 'cancelled', if: 'not renewed yet' },
  },
  expired: {
    delivered: { to: 'expired', if: 'outcome is owed' },
    renewed: { to: 'expired', if: 'not renewed yet' },
  },
  voided: {},
} as const;

/** An offer begins as `seen`. After a restart it begins with its first record, because `seen` is not in the journal. */
export const TAKER_START = { seen: 'seen', accepting: 'accepting' } as const;

/** Events without a record. A crash forgets them; the protocol asks the maker again. */
export const TAKER_VOLATILE_EVENTS = ['seen', 'gone', 'queued', 'unqueued'] as const;

/**
 * Phases:
 * - `closed`: the operator has resolved a doubt by hand. This says nothing about the maker's decision.
 * - `withdrawn`, `gaveUp`: the taker's own decision, while it had no confirmation that is still valid. It may accept again
 *   while the offer is valid and the maker has not ended it. An offer that we withdrew stays withdrawn, however it ends.
 * - `voided`: the offer was not final in a restored copy of the journal. Its outcome may be in the journal that the copy
 *   replaced, and this desk can't know it.
 *
 * Events:
 * - `gone`: the offer ended, or the maker no longer lists it, and we had not accepted it.
 * - `unqueued`: the acceptance is no longer in the maker's queue.
 * - `released`: the maker no longer holds the offer for us, although we confirmed.
 * - `truth`: the maker's decision, which arrived after `closed` or `voided`.
 */
export const TAKER_LIFECYCLE = {
  seen: { accepting: 'accepting', gone: 'lost' },
  accepting: {
    queued: 'queued',
    confirmed: { to: 'confirmed', if: 'epoch is not over' },
    won: { to: 'won', if: 'maker of the original' },
    lost: 'lost',
    withdrawn: 'withdrawn',
    gaveUp: 'gaveUp',
    voided: 'voided',
  },
  queued: {
    unqueued: 'accepting',
    confirmed: { to: 'confirmed', if: 'epoch is not over' },
    won: { to: 'won', if: 'maker of the original' },
    lost: 'lost',
    withdrawn: 'withdrawn',
    gaveUp: 'gaveUp',
    voided: 'voided',
  },
  confirmed: {
    released: { to: 'accepting', if: 'same epoch' },
    won: { to: 'won', if: 'same epoch' },
    lost: 'lost',
    closed: 'closed',
    voided: 'voided',
  },
  closed: { truth: 'closed' },
  won: {
    reported: { to: 'won', if: 'not reported yet' },
    reportDelivered: { to: 'won', if: 'reported' },
    reportReceived: { to: 'won', if: 'no report received yet' },
  },
  lost: {},
  withdrawn: { accepting: 'accepting', voided: 'voided' },
  gaveUp: { accepting: 'accepting', lost: 'lost', voided: 'voided' },
  voided: { truth: 'voided' },
} as const;

export type MakerPhase = keyof typeof MAKER_LIFECYCLE;
export type TakerPhase = keyof typeof TAKER_LIFECYCLE;

type ConditionsOf<Table> = {
  [Phase in keyof Table]: Extract<Table[Phase][keyof Table[Phase]], { readonly if: string }>['if'];
}[keyof Table];

export type MakerCondition = ConditionsOf<typeof MAKER_LIFECYCLE>;
export type TakerCondition = ConditionsOf<typeof TAKER_LIFECYCLE>;

/** For each condition, whether it holds when this event happens in this state. */
export type Conditions<Name extends string, State, Event> = Readonly<
  Record<Name, (state: State, event: Event) => boolean>
>;

/** @throws IllegalRecordError where the table has no such transition, or its condition does not hold */
export function phaseAfter<
  Phase extends string,
  Condition extends string,
  State extends { readonly phase: Phase },
  Event extends { readonly type: string },
>(
  table: Lifecycle<Phase, Condition>,
  conditions: Conditions<Condition, State, Event>,
  state: State,
  event: Event,
): Phase {
  const transition = transitionOf(table, state.phase, event.type);
  const what = `${event.type} in ${state.phase}`;
  if (transition === null) throw new IllegalRecordError(what);
  if (typeof transition === 'string') return transition;
  if (!conditions[transition.if](state, event)) throw new IllegalRecordError(`${what}, but not: ${transition.if}`);
  return transition.to;
}

/** The target phase in the table, whether or not the condition holds. Null: the table has no such transition. */
export function targetPhase<Phase extends string>(table: Lifecycle<Phase>, from: Phase, event: string): Phase | null {
  const transition = transitionOf(table, from, event);
  return typeof transition === 'object' && transition !== null ? transition.to : transition;
}

function transitionOf<Phase extends string, Condition extends string>(
  table: Lifecycle<Phase, Condition>,
  from: Phase,
  event: string,
): Transition<Phase, Condition> | null {
  const transitions = table[from];
  return Object.hasOwn(transitions, event) ? (transitions[event] ?? null) : null;
}

/** A final phase: no transition leads to another one. */
export function isFinal<Phase extends string>(table: Lifecycle<Phase>, phase: Phase): boolean {
  return Object.keys(table[phase]).every((event) => targetPhase(table, phase, event) === phase);
}

/** The maker has not decided yet. */
export function isUndecided(phase: MakerPhase): phase is 'open' | 'reserved' {
  return phase === 'open' || phase === 'reserved';
}

/** The taker has stopped by its own decision: no request of it is open, and it may accept again. */
export function hasStopped(phase: TakerPhase): boolean {
  return phase === 'withdrawn' || phase === 'gaveUp';
}
