/** Tells what happens in a world, a line each: when, who, what. Persist, then speak: in that order it is told as well. */
import type { PeerId } from '../../src/protocol/ids.ts';
import type { Answer, Message, SendResult } from '../../src/protocol/messages.ts';
import type { Notice } from '../../src/protocol/notices.ts';
import type { MakerRecord, TakerRecord } from '../../src/protocol/records.ts';
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

export class Narrator implements Observer {
  clock: () => number = () => 0;
  #lines: string[] = [];
  #isSilent = false;

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

  wrote(desk: PeerId, _offer: unknown, record: MakerRecord | TakerRecord): void {
    this.#say(desk, 'writes', [record.type, ...detailsOf(record)].join(', '));
  }

  noticed(desk: PeerId, notice: Notice): void {
    if (!NOT_TOLD.has(notice.event)) this.#say(desk, 'shows', [notice.event, ...detailsOf(notice)].join(', '));
  }

  /** What goes to everybody is told where it arrives. */
  sent({ from, to, message, correlation }: Request): void {
    if (correlation !== null) this.#say(from.id, 'sends', `${textOf(message)} to ${to.id}`);
  }

  arrived({ from, to, message, correlation }: Request, answer: SendResult | null): void {
    if (answer === null) return;
    const isOneWay = correlation === null && answer.kind !== 'refused' && answer.kind !== 'confirmed';
    if (isOneWay) this.#say(to.id, 'hears', `${textOf(message)} from ${from.id}`);
    else this.#say(to.id, 'answers', `${message.cmd} from ${from.id}: ${resultText(answer)}`);
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
      'after-durable': 'after writing, before anything was said',
    };
    this.#say(desk, 'crashes', texts[when]);
  }

  restarted(desk: PeerId): void {
    this.#say(desk, 'starts', 'again, from its journal');
  }

  #say(who: string, verb: string, what: string): void {
    if (this.#isSilent) return;
    const when = (this.clock() / 1_000).toFixed(3).padStart(8);
    this.#lines.push(`${when}  ${who.padEnd(8)} ${verb.padEnd(8)} ${what}`.trimEnd());
  }
}

/** The parts of a record or a notice that a reader wants, in their order. */
/** Worth telling only when they are set. */
const FLAGS = new Set(['byHand', 'gaveUp']);

function detailsOf(told: MakerRecord | TakerRecord | Notice): string[] {
  const skipped = new Set(['type', 'event', 'at', 'terms', 'dialect', 'offerId', 'maker']);
  return Object.entries(told)
    .filter(([name, value]) => !skipped.has(name) && !(FLAGS.has(name) && value === false))
    .map(([name, value]) => detailText(name, value));
}

function detailText(name: string, value: unknown): string {
  if (name === 'taker')
    return typeof value === 'object' && value !== null && 'id' in value ? String(value.id) : String(value);
  if (name === 'until') return typeof value === 'number' ? `until ${timeText(value)}` : 'without an end';
  if (name === 'inMs') return `again in ${String(value)} ms`;
  if (name === 'reason' || name === 'detail' || name === 'text') return String(value);
  return `${name} ${String(value)}`;
}

function timeText(at: number): string {
  return ((at - START) / 1_000).toFixed(3);
}

function textOf(message: Message): string {
  switch (message.cmd) {
    case 'offer:accept:approved': {
      if (message.epoch === null || message.until === null) return message.cmd;
      return `${message.cmd} (epoch ${message.epoch.toString()}, until ${timeText(message.until)})`;
    }
    case 'offer:accept:released':
      return `${message.cmd} (epoch ${message.epoch.toString()})`;
    case 'offer:done': {
      if (message.outcome === null) return message.cmd;
      return `${message.cmd} (${message.outcome}${message.winner === null ? '' : ` to ${message.winner}`})`;
    }
    default:
      return message.cmd;
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
      return `nothing known (${result.code})`;
    case 'unsent':
      return `never sent (${result.code})`;
    default:
      return result.kind;
  }
}
