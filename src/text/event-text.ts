/** Events as sentences for people: of a desk, and of its log. */
import type { ControlEvent } from '../control/contract.ts';
import type { LogFields } from '../ports/log.ts';
import { detailsTail } from './details-text.ts';
import { harmless } from './harmless.ts';
import { shortId as short } from './short-ids.ts';
import { clockText } from './time-text.ts';

type Sentence = (fields: LogFields) => string;

const SENTENCES: Readonly<Record<string, Sentence>> = {
  'grapes.ready': ({ api }) => `Grapes are ready: ${list(api)}`,
  'grapes.waiting': () => 'No grape answers yet; waiting for one.',
  'grapes.found': () => 'A grape answers again.',
  'dht.ready': ({ bootstrap }) => `Nodes of the DHT are ready; begin at ${list(bootstrap)}`,
  'dht.waiting': () => 'No node of the DHT answers yet; waiting for one.',
  'dht.found': () => 'The DHT answers again.',
  'address.refused': (f) => `Not connecting to ${String(f['address'])}: ${String(f['reason'])}.`,
  'grapes.stopped': () => 'Grapes have stopped.',
  'desk.ready': ({ id, port }) => `Desk ${short(id)} is ready on port ${String(port)}.`,
  'control.ready': ({ dataDir }) => `Commands work with it by --data-dir ${String(dataDir)}.`,
  'page.ready': ({ url }) => `The page of this desk, once, is at ${String(url)}`,
  'settings.reloaded': ({ rules, needRestart }) =>
    `Rules and lists are read again: ${String(rules)} rules.` +
    (Array.isArray(needRestart) && needRestart.length > 0 ? ` Not before a restart: ${needRestart.join(', ')}.` : ''),
  'settings.refused': ({ text }) => `Those in force stay: ${String(text)}`,
  'desk.stopped': () => 'Desk has stopped.',
  'desk.failed': ({ text }) => `The journal failed, so the desk has stopped: ${String(text)}`,
  'offer.opened': (f) => `Offer ${short(f['offerId'])} is open: ${terms(f)}.`,
  'offer.announced': (f) =>
    `Offer ${short(f['offerId'])} announced: ${String(f['reached'])} reached, ${String(f['unreachable'])} not.`,
  'offer.received': (f) => `Offer ${short(f['offerId'])} from ${short(f['maker'])}: ${terms(f)}.`,
  'offer.gone': (f) => `Offer ${short(f['offerId'])} is gone.`,
  'offer.expired': (f) => `Offer ${short(f['offerId'])} has expired.`,
  'offer.cancelled': (f) => `Offer ${short(f['offerId'])} is cancelled.`,
  'offer.voided': (f) =>
    `Offer ${short(f['offerId'])} was not final in the restored copy: it is void, nobody here knows what became of it.`,
  'acceptance.sent': (f) => `Accepting offer ${short(f['offerId'])} of ${short(f['maker'])}.`,
  'acceptance.queued': (f) => `Acceptance of ${short(f['taker'])} for offer ${short(f['offerId'])} is in the queue.`,
  'acceptance.retry': (f) =>
    `No luck with offer ${short(f['offerId'])} (${String(f['reason'])}); trying again in ${String(f['inMs'])} ms.`,
  'acceptance.withdrawn': (f) =>
    f['taker'] === undefined
      ? `Acceptance of offer ${short(f['offerId'])} withdrawn.`
      : `${short(f['taker'])} has withdrawn its acceptance of offer ${short(f['offerId'])}.`,
  'award.reserved': (f) => `Offer ${short(f['offerId'])} is held for ${short(f['taker'])}.`,
  'award.released': (f) => `Hold for ${short(f['taker'])} ended: ${String(f['reason'])}.`,
  'award.confirmed': (f) => `Confirmed offer ${short(f['offerId'])}; the maker decides.`,
  'award.lost_hold': (f) => `Offer ${short(f['offerId'])} is not held for us any more; accepting again.`,
  'award.in_doubt': (f) =>
    `Whether ${short(f['taker'])} took offer ${short(f['offerId'])} is in doubt; it is asked again.`,
  'deal.awarded': (f) => `DEAL: offer ${short(f['offerId'])} is awarded to ${short(f['taker'])}${mark(f)}.`,
  'deal.won': (f) => `DEAL: we have won offer ${short(f['offerId'])} of ${short(f['maker'])}${mark(f)}.`,
  'deal.done': (f) => reported(f, 'done'),
  'deal.failed': (f) => reported(f, 'FAILED'),
  'deal.overdue': (f) => `${short(f['taker'])} has not reported on offer ${short(f['offerId'])} in time.`,
  'report.delivered': (f) => `The other side knows our report on offer ${short(f['offerId'])}.`,
  'outcome.delivered': (f) => `${short(f['taker'])} knows how offer ${short(f['offerId'])} ended.`,
  'deal.lost': (f) => `We did not get offer ${short(f['offerId'])}: ${String(f['reason'])}.`,
  'deal.in_doubt': (f) => `In doubt: we confirmed offer ${short(f['offerId'])}, and its maker does not answer.`,
  'deal.closed_by_hand': (f) => `Offer ${short(f['offerId'])} was closed by hand as ${String(f['as'])}.`,
  'deal.truth': (f) =>
    `The maker's decision on offer ${short(f['offerId'])} arrived: ${String(f['outcome'])}` +
    (f['contradicts'] === true ? ', against what was closed by hand!' : '.'),
  'peer.equivocated': (f) =>
    `Desk ${short(f['maker'])} has signed two things that contradict each other, about offer ${short(f['offerId'])}.`,
  'peer.contradiction': (f) => `A peer contradicts itself about offer ${short(f['offerId'])}: ${String(f['text'])}`,
};

/** `16:45:31  DEAL: ...`. */
export function eventLine(event: ControlEvent): string {
  return `${clockText(event.at)}  ${eventSentence(event)}`;
}

export function eventSentence(event: ControlEvent): string {
  const { event: name, at: _, cursor: __, ...fields } = event;
  return sentenceOf(name, flat(fields));
}

/** Details of a report as text; those of an offer are too long for a line. */
function flat(fields: object): LogFields {
  const { details, terms, ...others } = fields as { readonly details?: Details; readonly terms?: object };
  const { details: _, ...termFields } = (terms ?? {}) as { readonly details?: Details };
  return { ...others, ...termFields, details: details?.text };
}

interface Details {
  readonly text: string;
}

/** Of an event, or of another entry of the log. Without control characters: some texts come from other desks. */
export function sentenceOf(event: string, fields: LogFields): string {
  return harmless(SENTENCES[event]?.(fields) ?? plainSentence(event, fields));
}

/** The fallback for events without a sentence: `Outcome delivered (offer 52934961, taker 48d904af).` */
function plainSentence(event: string, fields: LogFields): string {
  const words = event.replaceAll(/[._]/g, ' ');
  const shown = Object.entries(fields).filter(([, value]) => isShown(value));
  const parts = shown.map(([name, value]) => `${inWords(name)} ${shownValue(value)}`);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}.`;
}

function isShown(value: LogFields[string]): boolean {
  return value !== null && value !== undefined && (typeof value !== 'object' || Array.isArray(value));
}

/** `offerId` -> `offer`, `inMs` -> `in ms`. */
function inWords(name: string): string {
  return name.replace(/Id$/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function shownValue(value: LogFields[string]): string {
  if (Array.isArray(value)) return value.map((one) => shownValue(one as LogFields[string])).join(' and ');
  const text = String(value);
  return /^[0-9a-f]{32,}$/.test(text) ? short(text) : text;
}

function reported(fields: LogFields, result: string): string {
  const { offerId, by, late, details } = fields;
  const what = `The ${String(by)} reported on offer ${short(offerId)}${late === true ? ', late' : ''}: ${result}`;
  return `${what}${typeof details === 'string' ? detailsTail(details) : ''}.`;
}

/** With trust `open`, a peer's identity may be unproven. */
function mark({ verified }: LogFields): string {
  return verified === false ? ' (unverified)' : '';
}

function terms({ type, amount, pair, unitPrice }: LogFields): string {
  const what = [type, amount, pair].filter((part) => part !== null && part !== undefined).map(String);
  return what.join(' ') + (unitPrice === null || unitPrice === undefined ? '' : ` at ${String(unitPrice)}`);
}

function list(value: LogFields[string]): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}
