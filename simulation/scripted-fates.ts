/**
 * Fates from a list: everything goes well, except at the points that the list names. A point is one message that leaves (a
 * request or an answer) or one group that is written; they are numbered as they come, so that two runs are the same up to
 * the first point at which their lists differ.
 */
import type { PeerId } from '../src/protocol/ids.ts';
import type { AnswerFate, Fates, RequestFate, WriteFate } from './fates.ts';

export const LEG_FAULTS = ['lost', 'duplicated', 'duplicated late'] as const;
export const ANSWER_FAULTS = ['lost'] as const;
export const WRITE_FAULTS = [
  'crash before, back soon',
  'crash before, back late',
  'crash after, back soon',
  'crash after, back late',
] as const;

export type ScriptedFault =
  (typeof LEG_FAULTS)[number] | (typeof ANSWER_FAULTS)[number] | (typeof WRITE_FAULTS)[number];

/** What can be done at one point of a run. */
export interface Point {
  readonly what: string;
  readonly faults: readonly ScriptedFault[];
}

export type Script = ReadonlyMap<number, ScriptedFault>;

const LATENCY_MS = 10;
const WRITE_MS = 3;
const SOON_MS = 300;
/** Longer than an offer is held. */
const LATE_MS = 14_000;

export class ScriptedFates implements Fates {
  readonly points: Point[] = [];
  readonly #script: Script;
  #restartMs = SOON_MS;

  constructor(script: Script) {
    this.#script = script;
  }

  request({ from, to, cmd, once }: Parameters<Fates['request']>[0]): RequestFate {
    const fault = this.#at({ what: `${from} > ${to} ${cmd}`, faults: once ? ['lost'] : LEG_FAULTS });
    switch (fault) {
      case 'lost':
        return { arrivals: [], told: null };
      case 'duplicated':
        return { arrivals: [LATENCY_MS, 2 * LATENCY_MS], told: null };
      case 'duplicated late':
        return { arrivals: [LATENCY_MS, LATE_MS], told: null };
      default:
        return { arrivals: [LATENCY_MS], told: null };
    }
  }

  /** A second copy of an answer finds nobody who waits for it, so that there is nothing to duplicate. */
  answer({ from, to, cmd }: Parameters<Fates['answer']>[0]): AnswerFate {
    const fault = this.#at({ what: `${from} > ${to} answer to ${cmd}`, faults: ANSWER_FAULTS });
    return { afterMs: fault === 'lost' ? null : LATENCY_MS };
  }

  write(desk: PeerId): WriteFate {
    const fault = this.#at({ what: `${desk} writes`, faults: WRITE_FAULTS });
    if (fault === null) return { kind: 'durable' };
    this.#restartMs = fault.endsWith('soon') ? SOON_MS : LATE_MS;
    return { kind: fault.startsWith('crash before') ? 'crash before' : 'crash after' };
  }

  send(): 'goes' {
    return 'goes';
  }

  writeMs(): number {
    return WRITE_MS;
  }

  startMs(): number {
    return LATENCY_MS;
  }

  restartMs(): number {
    return this.#restartMs;
  }

  absenceIsCertain(): boolean {
    return true;
  }

  #at(point: Point): ScriptedFault | null {
    this.points.push(point);
    return this.#script.get(this.points.length - 1) ?? null;
  }
}
