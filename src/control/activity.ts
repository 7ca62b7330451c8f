/** Counts a desk's notices per minute of the last hour, and stores its latest broadcasts; limited, in memory. */
import type { DeskNotice } from '../desk/desk-events.ts';
import { StartTimes } from './start-times.ts';
import { CONTROL_LIMITS } from './limits.ts';
import type { Activity, Broadcast, Minute } from './contract.ts';

const MINUTE_MS = 60_000;

const NO_COUNTS = { awarded: 0, won: 0, lost: 0, refusals: 0 };

/** `dealMs`: durations of deals, for a limited number of them. */
type CountedMinute = typeof NO_COUNTS & { readonly dealMs: number[] };

const COUNTED: Partial<Record<DeskNotice['event'], keyof typeof NO_COUNTS>> = {
  'deal.awarded': 'awarded',
  'deal.won': 'won',
  'deal.lost': 'lost',
  'award.released': 'refusals',
  'acceptance.retry': 'refusals',
};

const STARTS: ReadonlySet<DeskNotice['event']> = new Set(['offer.opened', 'acceptance.sent']);

export class ActivityLog {
  readonly #now: () => number;
  /** By number of the minute since 1970. */
  readonly #minutes = new Map<number, CountedMinute>();
  readonly #startTimes = new StartTimes();
  readonly #broadcasts: Broadcast[] = [];

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  notice(notice: DeskNotice): void {
    const at = this.#now();
    if (notice.event === 'offer.announced') this.#broadcast(notice, at);
    const counted = COUNTED[notice.event];
    if (counted !== undefined) this.#minute(at)[counted] += 1;
    if (!('maker' in notice)) return;
    const offer = `${notice.maker}/${notice.offerId}`;
    if (STARTS.has(notice.event)) this.#startTimes.start(offer, at);
    else if (notice.event === 'deal.awarded' || notice.event === 'deal.won') this.#end(offer, at);
  }

  read(): Activity {
    const last = minuteOf(this.#now());
    const first = last - CONTROL_LIMITS.activityMinutesKept + 1;
    const numbers = Array.from({ length: CONTROL_LIMITS.activityMinutesKept }, (_, index) => first + index);
    return {
      minutes: numbers.map((number) => minuteView(number, this.#minutes.get(number))),
      broadcasts: [...this.#broadcasts],
    };
  }

  #broadcast({ offerId, reached, unreachable }: Omit<Broadcast, 'at'>, at: number): void {
    this.#broadcasts.push({ offerId, at, reached, unreachable });
    if (this.#broadcasts.length > CONTROL_LIMITS.broadcastsKept) this.#broadcasts.shift();
  }

  #end(offer: string, at: number): void {
    const since = this.#startTimes.end(offer);
    const { dealMs } = this.#minute(at);
    // The clock may have been set back.
    if (since !== null && dealMs.length < CONTROL_LIMITS.activitySamplesMax) dealMs.push(Math.max(0, at - since));
  }

  #minute(at: number): CountedMinute {
    const number = minuteOf(at);
    const known = this.#minutes.get(number);
    if (known !== undefined) return known;
    const minute: CountedMinute = { ...NO_COUNTS, dealMs: [] };
    this.#minutes.set(number, minute);
    const [oldest] = this.#minutes.keys();
    if (oldest !== undefined && this.#minutes.size > CONTROL_LIMITS.activityMinutesKept) this.#minutes.delete(oldest);
    return minute;
  }
}

function minuteOf(at: number): number {
  return Math.floor(at / MINUTE_MS);
}

function minuteView(number: number, counted: CountedMinute | undefined): Minute {
  const { dealMs, ...counts } = counted ?? { ...NO_COUNTS, dealMs: [] };
  const sorted = [...dealMs].sort((left, right) => left - right);
  const slowest = sorted.at(-1);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  const took = slowest === undefined || median === undefined ? null : { median, slowest };
  return { at: number * MINUTE_MS, ...counts, dealMs: took };
}
