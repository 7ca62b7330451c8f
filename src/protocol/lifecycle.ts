/**
 * Both lifecycles, as one table each: what can happen to an offer in which phase, and which phase it leads to. Every change of a
 * phase goes through these tables (`follow`), in a step and when a journal is folded; there is no other way. The diagrams in
 * docs/PROTOCOL.md are drawn from them, and a test holds them together.
 *
 * A happening is a record of the same name (`records.ts`), or it is in `TAKER_UNWRITTEN`. Where it has a condition, `if` names it;
 * `maker-state.ts` and `taker-state.ts` say what each condition means. The tables say what may happen at all. Whether it is time
 * for it, a step decides.
 *
 * Source: docs/PROTOCOL.md, "Lifecycles". No way leads out of a final phase: that is promise S4.
 */
import { IllegalRecordError } from './illegal-record.ts';

/** Where a happening leads, and on what condition. */
type Way<Phase extends string, Condition extends string> = Phase | { readonly to: Phase; readonly if: Condition };

/** By phase and happening. */
type Lifecycle<Phase extends string, Condition extends string = string> = Readonly<
  Record<Phase, Readonly<Record<string, Way<Phase, Condition>>>>
>;

/** What the happening that makes an offer leads to. */
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
  awarded: {
    delivered: { to: 'awarded', if: 'outcome is owed' },
    reported: { to: 'awarded', if: 'not reported yet' },
    reportDelivered: { to: 'awarded', if: 'reported' },
    reportReceived: { to: 'awarded', if: 'no report received yet' },
    overdue: { to: 'awarded', if: 'not overdue yet' },
    renewed: { to: 'awarded', if: 'failed, and not renewed yet' },
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

/** An offer begins as seen. After a restart it begins with its first record, as what was only seen is not in the journal. */
export const TAKER_START = { seen: 'seen', accepting: 'accepting' } as const;

/** What happens without a record: a crash forgets it, and the protocol asks for it again. */
export const TAKER_UNWRITTEN = ['seen', 'gone', 'queued', 'unqueued'] as const;

/**
 * `voided` is what a desk makes of offers that were not final in a restored copy of its journal: what became of them was
 * written into the journal that the copy replaced, and nobody can know it here.
 * `closed` is what an operator made of a doubt by hand; it claims nothing about the maker's decision.
 * `withdrawn` and `gaveUp` are the taker's own decisions, and nothing was confirmed: it may accept anew, while the maker's
 * word and the validity allow it.
 * `unqueued`: the maker does not have the acceptance in its queue any more.
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

/** The names of the conditions in a table. */
type ConditionsOf<Table> = {
  [Phase in keyof Table]: Extract<Table[Phase][keyof Table[Phase]], { readonly if: string }>['if'];
}[keyof Table];

export type MakerCondition = ConditionsOf<typeof MAKER_LIFECYCLE>;
export type TakerCondition = ConditionsOf<typeof TAKER_LIFECYCLE>;

/** Whether a condition holds for a state and what happens to it. */
export type Conditions<Name extends string, State, Happening> = Readonly<
  Record<Name, (state: State, happening: Happening) => boolean>
>;

/**
 * The phase that a happening leads to, its conditions looked at.
 * @throws IllegalRecordError where the table has no such way, or its condition does not hold
 */
export function follow<
  Phase extends string,
  Condition extends string,
  State extends { readonly phase: Phase },
  Happening extends { readonly type: string },
>(
  table: Lifecycle<Phase, Condition>,
  conditions: Conditions<Condition, State, Happening>,
  state: State,
  happening: Happening,
): Phase {
  const way = wayOf(table, state.phase, happening.type);
  const what = `${happening.type} in ${state.phase}`;
  if (way === null) throw new IllegalRecordError(what);
  if (typeof way === 'string') return way;
  if (!conditions[way.if](state, happening)) throw new IllegalRecordError(`${what}, but not: ${way.if}`);
  return way.to;
}

/** The phase after `happening` if its condition holds, or null where the table has no such way. */
export function nextPhase<Phase extends string>(table: Lifecycle<Phase>, from: Phase, happening: string): Phase | null {
  const way = wayOf(table, from, happening);
  return typeof way === 'object' && way !== null ? way.to : way;
}

function wayOf<Phase extends string, Condition extends string>(
  table: Lifecycle<Phase, Condition>,
  from: Phase,
  happening: string,
): Way<Phase, Condition> | null {
  const ways = table[from];
  return Object.hasOwn(ways, happening) ? (ways[happening] ?? null) : null;
}

/** A final phase: nothing leads to another one. */
export function isFinal<Phase extends string>(table: Lifecycle<Phase>, phase: Phase): boolean {
  return Object.keys(table[phase]).every((happening) => nextPhase(table, phase, happening) === phase);
}

/** The taker has stopped by its own decision: nothing is under way, and it may accept anew. */
export function hasStopped(phase: TakerPhase): boolean {
  return phase === 'withdrawn' || phase === 'gaveUp';
}
