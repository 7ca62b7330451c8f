/**
 * Fates from a list: everything goes well, except at the points that the list names. A point is one message that leaves (a
 * request or an answer), one group that is written durably, or one entry that nobody waits for; they are numbered as they come, so that
 * two runs are the same up to the first point at which their lists differ.
 */
import type { PeerId } from '../src/protocol/ids.ts';
import type { AnswerFate, Fates, RequestFate, WriteFate } from './fates.ts';

const LEG_FAULTS = ['lost', 'duplicated', 'duplicated late'] as const;
const ANSWER_FAULTS = ['lost'] as const;
/** Of what is not durable at that moment, so many entries stay; the desk is back before or after a hold is over. */
type CrashFault = `crash, ${number} kept, back ${'soon' | 'late'}`;

export type ScriptedFault = (typeof LEG_FAULTS)[number] | (typeof ANSWER_FAULTS)[number] | CrashFault;

/** What can be done at one point of a run. */
export interface Point {
  readonly what: string;
  readonly faults: readonly ScriptedFault[];
}

export type Script = ReadonlyMap<number, ScriptedFault>;

const CRASH = /^crash, (\d+) kept, back (soon|late)$/;

const LATENCY_MS = 10;
const WRITE_MS = 3;
const SOON_MS = 300;
/** Longer than an offer is held. */
const LATE_MS = 14_000;

export class ScriptedFates implements Fates {
  readonly points: Point[] = [];
  readonly #script: Script;
  #restartMs = SOON_MS;
  #kept = 0;

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

  /** All of the group kept: it is durable, and nobody was told. */
  write(desk: PeerId, entries: number): WriteFate {
    const fault = this.#at({ what: `${desk} syncs ${entries}`, faults: crashFaults(entries) });
    return fault !== null && this.#crashes(fault) ? { kind: 'crash before' } : { kind: 'durable' };
  }

  lazyWrite(desk: PeerId, unsynced: number): boolean {
    const fault = this.#at({ what: `${desk} writes, ${unsynced} not durable`, faults: crashFaults(unsynced) });
    return fault !== null && this.#crashes(fault);
  }

  tail(_desk: PeerId, unsynced: number): number {
    return Math.min(this.#kept, unsynced);
  }

  #crashes(fault: ScriptedFault): boolean {
    const [, kept, back] = CRASH.exec(fault) ?? [];
    this.#kept = Number(kept);
    this.#restartMs = back === 'soon' ? SOON_MS : LATE_MS;
    return kept !== undefined;
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

function crashFaults(entries: number): readonly CrashFault[] {
  const kept = Array.from({ length: entries + 1 }, (_, count) => count);
  return kept.flatMap((count) => [`crash, ${count} kept, back soon`, `crash, ${count} kept, back late`] as const);
}
