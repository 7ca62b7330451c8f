/**
 * Which records must be durable before anything else of their step leaves (`StepResult.mustSync`), as etcd's raft says with
 * `MustSync`. All others are written in order, and no step waits for them. A crash may forget them, from the end of the journal
 * backwards. A later record that is durable makes all earlier ones durable.
 *
 * A step waits for a record if forgetting it could break a promise, and for no other reason. Source: docs/PROTOCOL.md, "What waits for the disk".
 */
import type { TakerPhase } from './lifecycle.ts';
import type { MakerRecord, ReportRecord, TakerRecord } from './records.ts';

type Waits<R extends { readonly type: string }, Before> = {
  readonly [Type in R['type']]: boolean | ((record: Extract<R, { type: Type }>, before: Before) => boolean);
};

const REPORT_WAITS: Waits<ReportRecord, unknown> = {
  // What a side has reported is never reported otherwise, by us or to us (S5).
  reported: true,
  reportReceived: true,
  reportDelivered: false,
};

const MAKER_WAITS: Waits<MakerRecord, unknown> = {
  // Before `announce` resolves, and, as steps of an offer wait for each other, before its first approval. Its broadcast does not wait.
  opened: true,
  // Its epoch is never used again. To a client of the original the approval is the deal.
  reserved: ({ until }) => until === null,
  // It may be told. Told and forgotten, a crash would bring the hold back, and its taker could be awarded what it has given up.
  released: true,
  awarded: true,
  cancelled: true,
  expired: true,
  voided: true,
  delivered: false,
  // Forgotten, it is found again.
  overdue: false,
  // Forgotten, it is found by the offer that names it.
  renewed: false,
  ...REPORT_WAITS,
};

type TakerBefore = { readonly phase: TakerPhase; readonly epochFloor: number } | null;

/**
 * A crash could bring a confirmation back: there is one, or its end was written and not waited for. Then the end has to be durable
 * before it is shown, as a maker that never comes back could not tell it again.
 */
function couldBeInDoubt(_record: TakerRecord, before: TakerBefore): boolean {
  return before !== null && (before.phase === 'confirmed' || before.epochFloor > 0);
}

const TAKER_WAITS: Waits<TakerRecord, TakerBefore> = {
  accepting: false,
  // A taker that forgets it might deny a deal.
  confirmed: true,
  // Forgotten, it is asked for again.
  released: false,
  won: true,
  lost: couldBeInDoubt,
  // What its operator was told is done. Forgotten, a confirmation would follow that nobody wants any more.
  withdrawn: true,
  gaveUp: couldBeInDoubt,
  closed: true,
  voided: true,
  // Acknowledged and forgotten, it would never be told again.
  truth: true,
  ...REPORT_WAITS,
};

export function makerMustSync(record: MakerRecord, before: unknown): boolean {
  return mustSync(MAKER_WAITS, record, before);
}

/** @param before the state that the record is written in; null where there is none */
export function takerMustSync(record: TakerRecord, before: TakerBefore): boolean {
  return mustSync(TAKER_WAITS, record, before);
}

function mustSync<R extends { readonly type: string }, Before>(
  table: Waits<R, Before>,
  record: R,
  before: Before,
): boolean {
  const waits = table[record.type as R['type']] as boolean | ((record: R, before: Before) => boolean);
  return typeof waits === 'boolean' ? waits : waits(record, before);
}
