/** Writes notices to the log, as flat fields with a level. */
import type { Log, LogFields, LogLevel } from '../ports/log.ts';
import type { DeskNotice } from './desk-events.ts';

const LEVELS: Partial<Record<DeskNotice['event'], LogLevel>> = {
  'offer.opened': 'debug',
  'outcome.delivered': 'debug',
  'report.delivered': 'debug',
  'offer.gone': 'debug',
  'offer.voided': 'warn',
  'award.in_doubt': 'warn',
  'deal.in_doubt': 'warn',
  'deal.truth': 'warn',
  'peer.contradiction': 'warn',
  'peer.equivocated': 'error',
  'desk.failed': 'error',
};

export function logNotice(log: Log, notice: DeskNotice): void {
  const { event } = notice;
  log.write(LEVELS[event] ?? 'info', event, fieldsOf(notice));
}

/** Details come from strangers and may be long, so the log contains only whether there are some. */
function fieldsOf(notice: DeskNotice): LogFields {
  if ('terms' in notice) {
    const { event: _, terms, ...rest } = notice;
    const { type, amount, pair, unitPrice, expiresAt, reference } = terms;
    return { ...rest, type, amount, pair, unitPrice, expiresAt, ...(reference !== undefined && { reference }) };
  }
  if (notice.event === 'deal.done' || notice.event === 'deal.failed') {
    const { event: _, details, ...rest } = notice;
    return { ...rest, hasDetails: details !== undefined };
  }
  const { event: _, ...fields } = notice;
  return fields;
}
