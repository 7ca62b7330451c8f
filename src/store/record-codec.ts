/**
 * Encodes records as JSON and decodes them. Every field is checked when read, because a damaged or edited record could lead to a second
 * award; and when written, to find a bug of ours before the record is stored forever.
 *
 * Unknown fields are preserved: later versions may add some. The checks of `wire` may become stricter; here every record that was ever
 * written must stay readable.
 */
import { GrapevineError } from '../protocol/errors.ts';
import { offerKey, type OfferKey } from '../protocol/ids.ts';
import type { OfferTerms } from '../protocol/messages.ts';
import type {
  JournalRecord,
  LossReason,
  MakerRecord,
  ReleaseReason,
  ReportRecord,
  TakerRecord,
} from '../protocol/records.ts';

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text: Check = (value) => typeof value === 'string';
const name: Check = (value) => typeof value === 'string' && value !== '' && !value.includes('/');
const decimal: Check = (value) => typeof value === 'string' && /^\d+(\.\d+)?$/.test(value);
const integer: Check = (value) => Number.isSafeInteger(value);
const epoch: Check = (value) => Number.isSafeInteger(value) && Number(value) > 0;
const yesNo: Check = (value) => typeof value === 'boolean';

function orNull(check: Check): Check {
  return (value) => value === null || check(value);
}

function orMissing(check: Check): Check {
  return (value) => value === undefined || check(value);
}

function oneOf<Value extends string>(values: Record<Value, true>): Check {
  return (value) => typeof value === 'string' && Object.hasOwn(values, value);
}

function shape(checks: Readonly<Record<string, Check>>): Check {
  const entries = Object.entries(checks);
  return (value) => isFields(value) && entries.every(([field, check]) => check(value[field]));
}

const dialect = oneOf({ grapevine: true, original: true });
const outcome = oneOf({ awarded: true, cancelled: true, expired: true });
const wonOrLost = oneOf({ won: true, lost: true });
const peer = shape({ id: name, dialect, verified: orMissing((value) => value === true) });
const auth = shape({ sig: text, path: orMissing(text), nonce: orMissing(text) });

const details = shape({ format: oneOf({ text: true, json: true }), text });

const terms = shape({
  offerId: name,
  maker: name,
  type: oneOf({ buy: true, sell: true, job: true }),
  amount: decimal,
  pair: orNull(text),
  unitPrice: orNull(decimal),
  issuedAt: orNull(integer),
  expiresAt: orNull(integer),
  award: orMissing(oneOf({ best: true, manual: true })),
  windowMs: orMissing(integer),
  to: orMissing((value) => Array.isArray(value) && value.every(name)),
  details: orMissing(details),
  reference: orMissing(text),
  attempt: orMissing(integer),
  doneWithinMs: orMissing(integer),
});

const releaseReason = oneOf<ReleaseReason>({ silent: true, refused: true, unreachable: true, byHand: true });

const lossReason = oneOf<LossReason>({
  taken: true,
  cancelled: true,
  expired: true,
  refused: true,
  'unknown-offer': true,
  unreachable: true,
  'no-answer': true,
  contradiction: true,
});

const dealResult = oneOf({ done: true, failed: true });

const REPORT_SHAPES: Record<ReportRecord['type'], Check> = {
  reported: shape({ at: integer, result: dealResult, details: orMissing(details) }),
  reportDelivered: shape({ at: integer, givenUp: orMissing(yesNo) }),
  reportReceived: shape({
    at: integer,
    result: dealResult,
    details: orMissing(details),
    reportedAt: integer,
    auth: orMissing(auth),
  }),
};

const someOfPlan = shape({
  renews: orMissing(name),
  excluded: orMissing((value) => Array.isArray(value) && value.every(name)),
  ifFailed: orMissing(shape({ attemptsMax: integer, excludes: yesNo })),
});

const plan: Check = (value) =>
  someOfPlan(value) && Object.keys(value as Fields).some((key) => key === 'renews' || key === 'ifFailed');

const MAKER_SHAPES: Record<MakerRecord['type'], Check> = {
  opened: shape({ at: integer, terms, plan: orMissing(plan) }),
  reserved: shape({
    at: integer,
    taker: peer,
    epoch,
    until: orNull(integer),
    unitPrice: orMissing(decimal),
    auth: orMissing(auth),
  }),
  released: shape({ at: integer, epoch, reason: releaseReason, detail: orMissing(text) }),
  awarded: shape({ at: integer, taker: peer, epoch, byHand: orMissing(yesNo), auth: orMissing(auth) }),
  cancelled: shape({ at: integer, renewForMs: orMissing(integer) }),
  expired: shape({ at: integer }),
  voided: shape({ at: integer }),
  delivered: shape({ at: integer, givenUp: orMissing(yesNo) }),
  overdue: shape({ at: integer }),
  renewed: shape({ at: integer, as: name }),
  ...REPORT_SHAPES,
};

const TAKER_SHAPES: Record<TakerRecord['type'], Check> = {
  accepting: shape({ at: integer, terms, dialect, unitPrice: orMissing(decimal), auth: orMissing(auth) }),
  confirmed: shape({ at: integer, epoch, until: orMissing(integer), auth: orMissing(auth) }),
  released: shape({ at: integer, epoch }),
  won: shape({
    at: integer,
    epoch: orNull(epoch),
    by: orMissing(oneOf({ done: true, status: true })),
    auth: orMissing(auth),
  }),
  lost: shape({ at: integer, reason: lossReason }),
  withdrawn: shape({ at: integer }),
  gaveUp: shape({ at: integer, reason: lossReason }),
  closed: shape({ at: integer, as: wonOrLost }),
  voided: shape({ at: integer }),
  truth: shape({ at: integer, outcome, won: yesNo }),
  ...REPORT_SHAPES,
};

const SHAPES = { maker: MAKER_SHAPES, taker: TAKER_SHAPES };

/** @throws GrapevineError ERR_JOURNAL for an invalid record */
export function encodeRecord(offer: OfferKey, { role, record }: JournalRecord): string {
  // Checks the value and not its JSON, in which NaN becomes null.
  const problem = problemOf(offer, role, record);
  if (problem === null) return JSON.stringify(record);
  throw new GrapevineError('ERR_JOURNAL', `a record of offer ${offer} cannot be stored: ${problem}`);
}

/** @throws GrapevineError ERR_JOURNAL_CORRUPT that names the offer */
export function decodeRecord(offer: OfferKey, role: string, body: string): JournalRecord {
  const record = parse(body);
  const problem = problemOf(offer, role, record);
  if (problem === null) return { role, record } as JournalRecord;
  throw new GrapevineError(
    'ERR_JOURNAL_CORRUPT',
    `the journal is damaged at offer ${offer}: ${problem}; it was not changed. Keep it, and put a backup in its place`,
  );
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function problemOf(offer: OfferKey, role: string, record: unknown): string | null {
  if (!isFields(record)) return 'a record is not a JSON object';
  const { type } = record;
  const check = typeof type === 'string' ? shapeOf(role, type) : undefined;
  if (check === undefined) return `a ${role} has no record "${String(type)}"`;
  if (!check(record)) return `a record "${String(type)}" has missing or wrong fields`;
  return isAbout(offer, record) ? null : `a record "${String(type)}" is about another offer`;
}

function shapeOf(role: string, type: string): Check | undefined {
  const shapes: Readonly<Record<string, Check>> | undefined = Object.hasOwn(SHAPES, role)
    ? SHAPES[role as keyof typeof SHAPES]
    : undefined;
  return shapes !== undefined && Object.hasOwn(shapes, type) ? shapes[type] : undefined;
}

/** For checked records only: their terms are complete. */
function isAbout(offer: OfferKey, record: Fields): boolean {
  if (!('terms' in record)) return true;
  const { maker, offerId } = record['terms'] as OfferTerms;
  return offerKey(maker, offerId) === offer;
}
