/**
 * The fates of a replay: every message arrives after the usual time and every write succeeds, except for the messages that the schedule
 * names. The schedule, and not a fate, crashes desks.
 */
import type { PeerId } from '../../src/protocol/ids.ts';
import type { AnswerFate, Fates, Leg, RequestFate, WriteFate } from '../../simulation/fates.ts';

/** The milliseconds until it arrives (of each copy). `lost`: it never arrives; `unsent`: it never arrives, and its sender knows. */
export type MessageFate = number | readonly number[] | 'lost' | 'unsent';

/**
 * @param way like `M>A offer:accept:approved`, or `A>M answer to offer:accept:approved`
 * @param count 1 for the first message on this way
 * @returns undefined: it arrives after the usual time
 */
export type Direct = (way: string, count: number, nowMs: number) => MessageFate | undefined;

const LATENCY_MS = 10;
const WRITE_MS = 3;
const START_MS = 10;

export class DirectedFates implements Fates {
  readonly #direct: Direct;
  readonly #nameOf: (peer: PeerId) => string;
  readonly #nowMs: () => number;
  readonly #counts = new Map<string, number>();
  /** The time until a crashed desk restarts. */
  backAfterMs = 300;

  constructor(direct: Direct, nameOf: (peer: PeerId) => string, nowMs: () => number) {
    this.#direct = direct;
    this.#nameOf = nameOf;
    this.#nowMs = nowMs;
  }

  request(leg: Leg): RequestFate {
    const fate = this.#fate(leg, '');
    if (fate === 'lost') return { arrivals: [], told: null };
    if (fate === 'unsent') return { arrivals: [], told: { kind: 'unsent', afterMs: 1 } };
    return { arrivals: typeof fate === 'number' ? [fate] : fate, told: null };
  }

  answer(leg: Leg): AnswerFate {
    const fate = this.#fate(leg, 'answer to ');
    return { afterMs: typeof fate === 'number' ? fate : null };
  }

  #fate({ from, to, cmd }: Leg, prefix: string): MessageFate {
    const way = `${this.#nameOf(from)}>${this.#nameOf(to)} ${prefix}${cmd}`;
    const count = (this.#counts.get(way) ?? 0) + 1;
    this.#counts.set(way, count);
    return this.#direct(way, count, this.#nowMs()) ?? LATENCY_MS;
  }

  write(): WriteFate {
    return { kind: 'durable' };
  }

  lazyWrite(): boolean {
    return false;
  }

  tail(): number {
    return 0;
  }

  send(): 'goes' {
    return 'goes';
  }

  writeMs(): number {
    return WRITE_MS;
  }

  startMs(): number {
    return START_MS;
  }

  restartMs(): number {
    return this.backAfterMs;
  }

  absenceIsCertain(): boolean {
    return false;
  }
}
