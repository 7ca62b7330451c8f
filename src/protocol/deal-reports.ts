/**
 * What comes after a deal: each side may say once how it went, `done` or `failed`, and repeats it until the other side has
 * acknowledged it. Both halves of the protocol have this in common. A report changes nothing about the award.
 * Source of every rule: docs/PROTOCOL.md, "After the deal"; promise S5.
 */
import { backOffMs } from './back-off.ts';
import type { PeerId } from './ids.ts';
import { IllegalRecordError } from './illegal-record.ts';
import { LIMITS } from './limits.ts';
import {
  refusal,
  type Answer,
  type Auth,
  type DealReport,
  type DealResult,
  type DealSide,
  type Details,
  type OfferTerms,
  type Peer,
  type SendResult,
} from './messages.ts';
import type { MakerRecord, ReportRecord, TakerRecord } from './records.ts';
import type { StepEnvironment } from './step.ts';
import { Turn, type RecordRules } from './turn.ts';

/** What one side has said. */
export interface Report {
  readonly result: DealResult;
  readonly details?: Details;
  /** Milliseconds since 1970, on the clock of the side that reports. */
  readonly at: number;
}

export interface DealReports {
  readonly own: Report | null;
  /** The other side's. */
  readonly other: Report | null;
  /** The other side has acknowledged ours, or will not be told any more. */
  readonly isDelivered: boolean;

  // from here on not from records
  readonly attempt: number;
  readonly inFlight: boolean;
  /** Monotonic time. */
  readonly dueAt: number;
}

export const NO_REPORTS: DealReports = {
  own: null,
  other: null,
  isDelivered: false,
  attempt: 0,
  inFlight: false,
  dueAt: 0,
};

/** @throws IllegalRecordError where a side has reported already */
export function applyReport(reports: DealReports, record: ReportRecord): DealReports {
  switch (record.type) {
    case 'reported':
      if (reports.own !== null) throw new IllegalRecordError('reported twice');
      return { ...reports, own: reportOf(record, record.at) };
    case 'reportDelivered':
      if (reports.own === null) throw new IllegalRecordError('a report was delivered that was not made');
      return { ...reports, isDelivered: true };
    case 'reportReceived':
      if (reports.other !== null) throw new IllegalRecordError('the other side reported twice');
      return { ...reports, other: reportOf(record, record.reportedAt) };
  }
}

export function isReportRecord(record: { readonly type: string }): record is ReportRecord {
  return record.type === 'reported' || record.type === 'reportDelivered' || record.type === 'reportReceived';
}

/** The part that a restart brings back. */
export function durableReports({ own, other, isDelivered }: DealReports): unknown {
  return { own, other, isDelivered };
}

/** A report of ours still has to be told. */
export function owesReport({ own, isDelivered }: DealReports): boolean {
  return own !== null && !isDelivered;
}

/** Monotonic time at which our report is to be sent next; null while there is nothing to send. */
export function reportDueAt(reports: DealReports): number | null {
  return owesReport(reports) && !reports.inFlight ? reports.dueAt : null;
}

function reportOf({ result, details }: Pick<Report, 'result' | 'details'>, at: number): Report {
  return { result, ...(details !== undefined && { details }), at };
}

function isSameReport(one: Report, other: Pick<Report, 'result' | 'details'>): boolean {
  return (
    one.result === other.result &&
    one.details?.format === other.details?.format &&
    one.details?.text === other.details?.text
  );
}

/** A step of either half of the protocol that knows about reports. */
export abstract class ReportStep<
  State extends { readonly terms: OfferTerms; readonly reports: DealReports },
  Written extends MakerRecord | TakerRecord,
> extends Turn<State, Written | ReportRecord> {
  protected abstract readonly side: DealSide;

  protected constructor(
    state: State | { readonly first: Written | ReportRecord },
    env: StepEnvironment,
    rules: RecordRules<State, Written | ReportRecord>,
  ) {
    super(state, env, rules);
  }

  /** The other side of the deal; null while there is no deal. */
  protected abstract partner(): Peer | null;

  /** The operator says how it went. */
  protected report(result: DealResult, details: Details | undefined): Answer {
    const partner = this.partner();
    if (partner === null) return refusal('ERR_NO_DEAL', 'there is no deal to report on');
    const { own } = this.state.reports;
    const said = { result, ...(details !== undefined && { details }) };
    if (own !== null) {
      if (isSameReport(own, said)) return { kind: 'acknowledged' };
      return refusal('ERR_REPORTED', `this desk has reported "${own.result}" already, and that is final`);
    }
    this.record({ type: 'reported', at: this.wallMs, ...said });
    this.#noticeReport(this.side, result, details);
    // A client of the original knows no reports.
    if (partner.dialect === 'original') this.record({ type: 'reportDelivered', at: this.wallMs, givenUp: true });
    return { kind: 'acknowledged' };
  }

  /** The other side says how it went. */
  protected onReport({ by, result, details, at }: DealReport, from: Peer, auth: Auth | undefined): Answer {
    if (by === this.side || this.partner()?.id !== from.id) {
      return refusal('ERR_NO_DEAL', 'this desk knows of no deal with you about this offer');
    }
    const { other } = this.state.reports;
    const said = { result, ...(details !== undefined && { details }) };
    if (other !== null) {
      if (isSameReport(other, said)) return { kind: 'acknowledged' };
      this.notice({
        event: 'peer.contradiction',
        text: `${from.id} reported ${other.result} before, and now ${result}`,
      });
      return refusal('ERR_CONTRADICTION', `you have reported "${other.result}" before, and that is final`);
    }
    const proof = auth === undefined ? {} : { auth };
    this.record({ type: 'reportReceived', at: this.wallMs, ...said, reportedAt: at, ...proof });
    this.#noticeReport(by, result, details);
    return { kind: 'acknowledged' };
  }

  protected onReportResult(result: SendResult): void {
    const { reports } = this.state;
    if (!owesReport(reports)) return;
    if (result.kind === 'acknowledged') {
      this.record({ type: 'reportDelivered', at: this.wallMs });
      this.notice({ event: 'report.delivered', by: this.side });
    } else if (
      (result.kind === 'refused' && result.code === 'ERR_CONTRADICTION') ||
      reports.attempt >= LIMITS.reportMaxAttempts
    ) {
      this.record({ type: 'reportDelivered', at: this.wallMs, givenUp: true });
    } else {
      // Also when it knows of no deal: a winner may learn of its award after our report has reached it.
      const wait = backOffMs(
        reports.attempt,
        LIMITS.reportRetryMinMs,
        LIMITS.reportRetryMaxMs,
        `${this.state.terms.offerId}/${this.side}`,
      );
      this.#setReports({ inFlight: false, dueAt: this.monotonicMs + wait });
    }
  }

  /** @param taker of the deal */
  protected sendDueReport(taker: PeerId): void {
    const { reports, terms } = this.state;
    const partner = this.partner();
    const dueAt = reportDueAt(reports);
    if (partner === null || reports.own === null || dueAt === null || this.monotonicMs < dueAt) return;
    const { offerId, maker } = terms;
    this.#setReports({ inFlight: true, attempt: reports.attempt + 1 });
    this.send(
      partner,
      { cmd: 'deal:report', offerId, maker, taker, by: this.side, ...reports.own },
      { what: 'report' },
    );
  }

  /** After a start nothing is on its way any more. */
  protected forgetReportUnderWay(): void {
    this.#setReports({ attempt: 0, inFlight: false, dueAt: this.monotonicMs });
  }

  /** What the other side reports now comes after the time that the offer gave. */
  protected isLate(): boolean {
    return false;
  }

  #noticeReport(by: DealSide, result: DealResult, details: Details | undefined): void {
    const late = by !== this.side && this.isLate() ? { late: true } : {};
    this.notice({ event: `deal.${result}`, by, ...(details !== undefined && { details }), ...late });
  }

  #setReports(part: Partial<DealReports>): void {
    this.state = { ...this.state, reports: { ...this.state.reports, ...part } };
  }
}
