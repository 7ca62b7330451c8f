/**
 * The steps after a deal, for makers and takers: each side may report the result once, `done` or `failed`, and sends
 * the report until the other side acknowledges it. A report does not change the award. Source of every rule:
 * docs/PROTOCOL.md, "After the deal"; promise S5.
 */
import { backOffMs } from './back-off.ts';
import { isSameReport, hasUndeliveredReport, reportDueAt, type DealReports } from './deal-reports.ts';
import type { PeerId } from './ids.ts';
import { LIMITS } from './limits.ts';
import {
  refusal,
  type Answer,
  type DealReport,
  type DealSide,
  type OfferTerms,
  type Peer,
  type SendResult,
} from './messages.ts';
import type { ReportRecord } from './records.ts';
import type { Received, ReportInput } from './step.ts';
import type { StepContext } from './step-context.ts';

interface DealState {
  readonly terms: OfferTerms;
  readonly phase: string;
  readonly reports: DealReports;
}

/** The part of a step context that is used here; both halves have it. */
interface ReportContext extends Pick<
  StepContext<DealState, ReportRecord>,
  'wallMs' | 'monotonicMs' | 'notice' | 'send'
> {
  readonly state: DealState;
  record(record: ReportRecord): void;
  set(part: { readonly reports: DealReports }): void;
}

/** A deal as one side sees it. */
export interface Deal {
  /** Ours. */
  readonly side: DealSide;
  readonly taker: PeerId;
  /** The other side. */
  readonly partner: Peer;
  /** A report of the other side would be late. */
  readonly isOverdue: boolean;
}

/**
 * The operator reports the result.
 * @param deal null while there is none
 */
export function report(context: ReportContext, deal: Deal | null, { result, details }: ReportInput): Answer {
  if (deal === null) return refusal('ERR_NO_DEAL', 'there is no deal to report on');
  const { own } = context.state.reports;
  const extra = details === undefined ? {} : { details };
  const content = { result, ...extra };
  if (own !== null) {
    if (isSameReport(own, content)) return { kind: 'acknowledged' };
    return refusal('ERR_REPORTED', `this desk has reported "${own.result}" already, and that is final`);
  }
  context.record({ type: 'reported', at: context.wallMs, ...content });
  context.notice({ event: `deal.${result}`, by: deal.side, ...extra });
  // A client of the original does not support reports.
  if (deal.partner.dialect === 'original') {
    context.record({ type: 'reportDelivered', at: context.wallMs, givenUp: true });
  }
  return { kind: 'acknowledged' };
}

/** Handles the other side's report. */
export function onReport(
  context: ReportContext,
  deal: Deal | null,
  { from, auth }: Received,
  { by, result, details, at }: DealReport,
): Answer {
  if (deal === null || by === deal.side || deal.partner.id !== from.id) {
    return refusal('ERR_NO_DEAL', 'this desk knows of no deal with you about this offer');
  }
  const { other } = context.state.reports;
  const extra = details === undefined ? {} : { details };
  const content = { result, ...extra };
  if (other !== null) {
    if (isSameReport(other, content)) return { kind: 'acknowledged' };
    const text = `${from.id} reported ${other.result} before, and now ${result}`;
    context.notice({ event: 'peer.contradiction', text });
    return refusal('ERR_CONTRADICTION', `you have reported "${other.result}" before, and that is final`);
  }
  const proof = auth === undefined ? {} : { auth };
  context.record({ type: 'reportReceived', at: context.wallMs, ...content, reportedAt: at, ...proof });
  context.notice({ event: `deal.${result}`, by, ...extra, ...(deal.isOverdue && { late: true }) });
  return { kind: 'acknowledged' };
}

/** Handles the result of sending our report. */
export function onReportResult(context: ReportContext, side: DealSide, result: SendResult): void {
  const { reports, terms } = context.state;
  if (!hasUndeliveredReport(reports)) return;
  const isFinal = result.kind === 'refused' && result.code === 'ERR_CONTRADICTION';
  if (result.kind === 'acknowledged') {
    context.record({ type: 'reportDelivered', at: context.wallMs });
    context.notice({ event: 'report.delivered', by: side });
  } else if (isFinal || reports.attempt >= LIMITS.reportMaxAttempts) {
    context.record({ type: 'reportDelivered', at: context.wallMs, givenUp: true });
  } else {
    // Also after ERR_NO_DEAL: our report may reach the winner before its award does.
    const { reportRetryMinMs, reportRetryMaxMs } = LIMITS;
    const wait = backOffMs(reports.attempt, reportRetryMinMs, reportRetryMaxMs, `${terms.offerId}/${side}`);
    setReports(context, { isInFlight: false, dueAt: context.monotonicMs + wait });
  }
}

export function sendDueReport(context: ReportContext, deal: Deal | null): void {
  const { reports, terms } = context.state;
  const dueAt = reportDueAt(reports);
  if (deal === null || reports.own === null || dueAt === null || context.monotonicMs < dueAt) return;
  const { side, taker, partner } = deal;
  const { offerId, maker } = terms;
  setReports(context, { isInFlight: true, attempt: reports.attempt + 1 });
  context.send(partner, { cmd: 'deal:report', offerId, maker, taker, by: side, ...reports.own }, { what: 'report' });
}

function setReports(context: ReportContext, part: Partial<DealReports>): void {
  context.set({ reports: { ...context.state.reports, ...part } });
}
