/**
 * Which records must be durable before anything else of their step leaves (`Transition.sync`), as etcd's raft says with
 * `MustSync`. All others are written in order and nobody waits for them: a crash may forget them, from the end of the journal
 * backwards, and a later record that is durable makes all earlier ones durable.
 *
 * A record waits if forgetting it could break a promise, and for no other reason. Source: docs/PROTOCOL.md, "What waits for the disk".
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

const TAKER_WAITS: Waits<TakerRecord, { readonly phase: TakerPhase } | null> = {
  accepting: false,
  // Who forgets it might deny a deal.
  confirmed: true,
  // Forgotten, it is asked for again.
  released: false,
  won: true,
  // Ends a doubt; before a confirmation there is none.
  lost: (_record, before) => before?.phase === 'confirmed',
  // What its operator was told is done. Forgotten, a confirmation would follow that nobody wants any more.
  withdrawn: true,
  gaveUp: false,
  closed: true,
  voided: true,
  truth: false,
  ...REPORT_WAITS,
};

export function makerMustSync(record: MakerRecord, before: unknown): boolean {
  return mustSync(MAKER_WAITS, record, before);
}

/** @param before the state that the record is written in; null where there is none */
export function takerMustSync(record: TakerRecord, before: { readonly phase: TakerPhase } | null): boolean {
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
