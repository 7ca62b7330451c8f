/**
 * The reports of both sides about the result of a deal, as part of the maker's and the taker's state, and their fold
 * from the journal. `report-steps.ts` has the steps. Source of every rule: docs/PROTOCOL.md, "After the deal"; promise
 * S5.
 */
import { isSameDetails, type DealResult, type Details } from './messages.ts';
import type { ReportRecord } from './records.ts';

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
  /** The other side has acknowledged our report, or we have stopped sending it. */
  readonly hasStoppedSending: boolean;

  // the rest does not come from records
  readonly attempt: number;
  readonly isInFlight: boolean;
  /** Monotonic time. */
  readonly dueAt: number;
}

export const NO_REPORTS: DealReports = {
  own: null,
  other: null,
  hasStoppedSending: false,
  attempt: 0,
  isInFlight: false,
  dueAt: 0,
};

/** The conditions of the report events in the tables of `lifecycle.ts`. A report is final. */
export const REPORT_CONDITIONS = {
  'not reported yet': ({ reports }: Reporting) => reports.own === null,
  reported: ({ reports }: Reporting) => reports.own !== null,
  'no report received yet': ({ reports }: Reporting) => reports.other === null,
};

interface Reporting {
  readonly reports: DealReports;
}

export function applyReport({ reports }: Reporting, record: ReportRecord): Reporting {
  switch (record.type) {
    case 'reported':
      return { reports: { ...reports, own: reportOf(record, record.at) } };
    case 'reportDelivered':
      return { reports: { ...reports, hasStoppedSending: true } };
    case 'reportReceived':
      return { reports: { ...reports, other: reportOf(record, record.reportedAt) } };
  }
}

/** The part that survives a restart. */
export function durableReports({ own, other, hasStoppedSending }: DealReports): unknown {
  return { own, other, hasStoppedSending };
}

export function hasUndeliveredReport({ own, hasStoppedSending }: DealReports): boolean {
  return own !== null && !hasStoppedSending;
}

/** The monotonic time at which our report is sent next; null if there is nothing to send. */
export function reportDueAt(reports: DealReports): number | null {
  return hasUndeliveredReport(reports) && !reports.isInFlight ? reports.dueAt : null;
}

function reportOf({ result, details }: Pick<Report, 'result' | 'details'>, at: number): Report {
  return { result, ...(details !== undefined && { details }), at };
}

export function isSameReport(one: Report, other: Pick<Report, 'result' | 'details'>): boolean {
  return one.result === other.result && isSameDetails(one.details, other.details);
}
