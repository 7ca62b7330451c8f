/** Writes down what happens in a world, a line each: when, who, what. In the order of a desk: write, answer, send. */
import type { OfferId, PeerId } from '../../src/protocol/ids.ts';
import type { Answer, Message, OfferTerms, SendResult } from '../../src/protocol/messages.ts';
import type { Notice } from '../../src/protocol/notices.ts';
import type { MakerRecord, OfferPlan, TakerRecord } from '../../src/protocol/records.ts';
import { START } from '../protocol/values.ts';
import type { Crash, Observer, Request } from '../protocol/world.ts';

/** Said already by the record of the same step, or by the message itself. */
const NOT_TOLD: ReadonlySet<Notice['event']> = new Set([
  'offer.opened',
  'offer.received',
  'award.reserved',
  'award.released',
  'award.confirmed',
  'acceptance.sent',
  'acceptance.queued',
  'outcome.delivered',
  'offer.cancelled',
  'offer.expired',
]);

export class TraceWriter implements Observer {
  clock: () => number = () => 0;
  #lines: string[] = [];
  #isSilent = false;
  /** What a desk sends because of a message that has arrived: its answer leaves first. Null: none is arriving. */
  #heldBack: string[] | null = null;

  take(): readonly string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  silently(happen: () => void): void {
    this.#isSilent = true;
    happen();
    this.#isSilent = false;
  }

  wrote(desk: PeerId, offer: OfferId, record: MakerRecord | TakerRecord): void {
    const about = record.type === 'opened' ? [termsText(record.terms), ...planTexts(record.plan)] : [];
    this.#say(desk, 'writes', [record.type, ...nameOf(offer), ...about, ...detailsOf(record)].join(', '));
  }

  noticed(desk: PeerId, notice: Notice): void {
    if (!NOT_TOLD.has(notice.event))
      this.#say(desk, 'shows', [notice.event, ...nameOf(notice.offerId), ...detailsOf(notice)].join(', '));
  }

  /** What goes to everybody is told where it arrives. */
  sent({ from, to, message, correlation }: Request): void {
    if (correlation === null) return;
    const line = this.#line(from.id, 'sends', `${textOf(message)} to ${to.id}`);
    (this.#heldBack ?? this.#lines).push(...line);
  }

  /** A direct message is told where it is sent, and again with its answer. */
  arriving({ from, to, message, correlation }: Request): void {
    this.#heldBack = [];
    if (correlation !== null) return;
    const how = message.cmd === 'offer:new' || message.cmd === 'offer:done' ? ' (broadcast)' : '';
    this.#say(to.id, 'receives', `${textOf(message)} from ${from.id}${how}`);
  }

  arrived({ from, to, message, correlation }: Request, answer: SendResult | null): void {
    const isOneWay = correlation === null && answer?.kind !== 'refused' && answer?.kind !== 'confirmed';
    if (answer !== null && !isOneWay)
      this.#say(to.id, 'answers', `${message.cmd} from ${from.id}: ${resultText(answer)}`);
    this.#lines.push(...(this.#heldBack ?? []));
    this.#heldBack = null;
  }

  settled({ from, to, message }: Request, result: SendResult): void {
    if (result.kind !== 'unknown' && result.kind !== 'unsent') return;
    this.#say(from.id, 'learns', `${message.cmd} to ${to.id}: ${resultText(result)}`);
  }

  refusedOrder(desk: string, answer: Answer | null): void {
    if (answer?.kind === 'refused') this.#say(desk, 'refuses', `its operator's command: ${resultText(answer)}`);
  }

  lost({ from, to, message }: Request, part: 'request' | 'answer'): void {
    const what =
      part === 'request' ? `${message.cmd} from ${from.id} to ${to.id}` : `the answer of ${to.id} to ${message.cmd}`;
    this.#say('network', 'loses', what);
  }

  crashed(desk: PeerId, when: Crash | 'idle'): void {
    const texts: Readonly<Record<Crash | 'idle', string>> = {
      none: '',
      idle: '',
      'before-durable': 'before anything was written',
      'after-durable': 'after writing, before anything was sent',
    };
    this.#say(desk, 'crashes', texts[when]);
  }

  restarted(desk: PeerId): void {
    this.#say(desk, 'starts', 'again, from its journal');
  }

  #say(who: string, verb: string, what: string): void {
    this.#lines.push(...this.#line(who, verb, what));
  }

  #line(who: string, verb: string, what: string): string[] {
    if (this.#isSilent) return [];
    const when = (this.clock() / 1_000).toFixed(3).padStart(8);
    return [`${when}  ${who.padEnd(8)} ${verb.padEnd(8)} ${what}`.trimEnd()];
  }
}

/** Worth telling only when they are set. */
const FLAGS = new Set(['byHand', 'gaveUp']);
/** The same in all of a story, told by others, or for other readers. */
const LEFT_OUT = new Set(['type', 'event', 'at', 'reportedAt', 'terms', 'plan', 'dialect', 'offerId', 'maker']);

/** What is offered, and how it is awarded. */
function termsText({ type, amount, pair, unitPrice, attempt, award, windowMs }: OfferTerms): string {
  const what = pair === null ? `a ${type}` : `${type} ${amount} ${pair} at ${unitPrice ?? 'any price'}`;
  const policies = { best: `the best price after ${((windowMs ?? 0) / 1_000).toString()} s`, manual: 'by hand' };
  return [
    what,
    ...(attempt === undefined ? [] : [`attempt ${attempt.toString()}`]),
    ...(award === undefined ? [] : [policies[award]]),
  ].join(', ');
}

function planTexts({ renews, excluded, ifFailed }: OfferPlan = {}): string[] {
  return [
    ...(renews === undefined ? [] : [`in place of ${renews}`]),
    ...(excluded === undefined ? [] : [`not to ${excluded.join(', ')}`]),
    ...(ifFailed === undefined ? [] : [`again if it fails, ${ifFailed.attemptsMax.toString()} attempts at most`]),
  ];
}

/** Most stories have one offer, which need not be named. */
function nameOf(offer: OfferId): string[] {
  return offer === 'offer-1' ? [] : [offer];
}

/** The parts of a record or a notice that a reader wants, in their order. */
function detailsOf(told: MakerRecord | TakerRecord | Notice): string[] {
  return (
    Object.entries(told)
      .filter(([name, value]) => !LEFT_OUT.has(name) && !(FLAGS.has(name) && value === false))
      // A client of the original has no epochs.
      .filter(([name, value]) => name !== 'epoch' || value !== null)
      .map(([name, value]) => detailText(name, value))
  );
}

function detailText(name: string, value: unknown): string {
  if (name === 'taker')
    return typeof value === 'object' && value !== null && 'id' in value ? String(value.id) : String(value);
  if (name === 'until') return typeof value === 'number' ? `until ${timeText(value)}` : 'without an end';
  if (name === 'unitPrice') return `at ${String(value)}`;
  if (name === 'inMs') return `again in ${String(value)} ms`;
  if (name === 'reason' || name === 'result' || name === 'detail' || name === 'text') return String(value);
  return `${name} ${String(value)}`;
}

function timeText(at: number): string {
  return ((at - START) / 1_000).toFixed(3);
}

/** The command, and in brackets what matters of the rest. */
function textOf(message: Message): string {
  const parts = [...offerOf(message), ...partsOf(message)];
  return parts.length === 0 ? message.cmd : `${message.cmd} (${parts.join(', ')})`;
}

function offerOf(message: Message): string[] {
  if ('terms' in message) return nameOf(message.terms.offerId);
  return 'offerId' in message ? nameOf(message.offerId) : [];
}

function partsOf(message: Message): string[] {
  const bid = 'unitPrice' in message ? [`at ${message.unitPrice}`] : [];
  switch (message.cmd) {
    case 'offer:accept':
      return bid;
    case 'offer:accept:approved':
      if (message.epoch === null || message.until === null) return bid;
      return [`epoch ${message.epoch.toString()}`, `until ${timeText(message.until)}`, ...bid];
    case 'offer:accept:released':
      return [`epoch ${message.epoch.toString()}`];
    case 'offer:done':
      if (message.outcome === null) return [];
      return [message.winner === null ? message.outcome : `${message.outcome} to ${message.winner}`, ...bid];
    case 'deal:report':
      return [message.result];
    default:
      return [];
  }
}

function resultText(result: SendResult): string {
  switch (result.kind) {
    case 'queued':
      return result.position === 0 ? 'queued, its turn' : `queued, place ${result.position.toString()}`;
    case 'confirmed':
      return result.epoch === null ? 'confirmed' : `confirmed, epoch ${result.epoch.toString()}`;
    case 'status':
      return `${result.phase}, you: ${result.standing} (epoch ${result.epoch.toString()})`;
    case 'refused':
      return `${result.code}: ${result.text}`;
    case 'unknown':
      return `unknown (${result.code})`;
    case 'unsent':
      return `never sent (${result.code})`;
    default:
      return result.kind;
  }
}
