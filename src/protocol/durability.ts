/**
 * Which records must be durable before the messages of their step are sent (`StepResult.mustSync`; etcd's raft has
 * `MustSync`). No step waits for the other records. They are written in order, and a crash may lose them from the end
 * of the journal. A durable record makes all earlier ones durable.
 *
 * A step waits for a record only if its loss could break a promise. Source: docs/PROTOCOL.md, "What waits for the
 * disk".
 */
import type { TakerPhase } from './lifecycle.ts';
import type { MakerRecord, ReportRecord, TakerRecord } from './records.ts';

type Waits<R extends { readonly type: string }, Before> = {
  readonly [Type in R['type']]: boolean | ((record: Extract<R, { type: Type }>, before: Before) => boolean);
};

const REPORT_WAITS: Waits<ReportRecord, unknown> = {
  // A report never changes, neither ours nor the other side's (S5).
  reported: true,
  reportReceived: true,
  reportDelivered: false,
};

const MAKER_WAITS: Waits<MakerRecord, unknown> = {
  // `announce` resolves after that. So does the first approval, because the steps of an offer wait for each other. The
  // broadcast does not wait.
  opened: true,
  // If lost, its epoch is not used again. But for a client of the original the approval is the deal.
  reserved: ({ until }) => until === null,
  // The taker may learn of it. If it were lost then, the hold would return, and the taker could be awarded an offer
  // that it gave up.
  released: true,
  awarded: true,
  cancelled: true,
  expired: true,
  voided: true,
  delivered: false,
  // If lost, it is detected again.
  overdue: false,
  // If lost, the new offer still names this one.
  renewed: false,
  ...REPORT_WAITS,
};

type TakerBefore = { readonly phase: TakerPhase; readonly epochFloor: number } | null;

/**
 * Whether a crash could restore a confirmation: there is one, or the record of its end may be lost. Then the outcome
 * must be durable before it is shown, because a maker that never returns can't repeat it.
 */
function couldBeInDoubt(_record: TakerRecord, before: TakerBefore): boolean {
  return before !== null && (before.phase === 'confirmed' || before.epochFloor > 0);
}

const TAKER_WAITS: Waits<TakerRecord, TakerBefore> = {
  accepting: false,
  // If lost, the taker might deny a deal.
  confirmed: true,
  // If lost, the taker asks again.
  released: false,
  won: true,
  lost: couldBeInDoubt,
  // The operator sees it as done. If it were lost, the taker could still confirm.
  withdrawn: true,
  gaveUp: couldBeInDoubt,
  closed: true,
  voided: true,
  // If it were lost after the acknowledgement, the maker would not send it again.
  truth: true,
  ...REPORT_WAITS,
};

export function makerMustSync(record: MakerRecord, before: unknown): boolean {
  return mustSync(MAKER_WAITS, record, before);
}

/** @param before the state before the record; null if there is none */
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
