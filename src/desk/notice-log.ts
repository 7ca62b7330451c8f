/** Notices as log entries: flat fields, a level that says who should look. */
import type { Log, LogFields, LogLevel } from '../ports/log.ts';
import type { DeskNotice } from './desk-events.ts';

const LEVELS: Partial<Record<DeskNotice['event'], LogLevel>> = {
  'offer.opened': 'debug',
  'outcome.delivered': 'debug',
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

function fieldsOf(notice: DeskNotice): LogFields {
  const { event: _, ...fields } = notice;
  if (!('terms' in fields)) return fields;
  const { terms, ...rest } = fields;
  const { type, amount, pair, unitPrice, expiresAt } = terms;
  return { ...rest, type, amount, pair, unitPrice, expiresAt };
}
