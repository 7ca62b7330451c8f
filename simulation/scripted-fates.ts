/**
 * Faults from a list. A point is a sent message (a request or an answer), a durable write of a group, or a lazy entry. Points are numbered
 * in their order, so two runs are the same up to the first point at which their lists differ.
 */
import type { PeerId } from '../src/protocol/ids.ts';
import type { AnswerFate, Fates, RequestFate, WriteFate } from './fates.ts';

const LEG_FAULTS = ['lost', 'duplicated', 'duplicated late'] as const;
const ANSWER_FAULTS = ['lost'] as const;
/** The number of entries that survive although they are not durable, and whether the desk is back before the end of a hold. */
type CrashFault = `crash, ${number} kept, back ${'soon' | 'late'}`;

export type ScriptedFault = (typeof LEG_FAULTS)[number] | (typeof ANSWER_FAULTS)[number] | CrashFault;

/** The possible faults at one point of a run. */
export interface Point {
  readonly what: string;
  readonly faults: readonly ScriptedFault[];
}

export type Script = ReadonlyMap<number, ScriptedFault>;

const CRASH = /^crash, (\d+) kept, back (soon|late)$/;

const LATENCY_MS = 10;
const WRITE_MS = 3;
const SOON_MS = 300;
/** Longer than a hold. */
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

  /** Answers are not duplicated, as nobody waits for a second copy. */
  answer({ from, to, cmd }: Parameters<Fates['answer']>[0]): AnswerFate {
    const fault = this.#at({ what: `${from} > ${to} answer to ${cmd}`, faults: ANSWER_FAULTS });
    return { afterMs: fault === 'lost' ? null : LATENCY_MS };
  }

  /** The whole group can be durable although the desk crashes before it knows. */
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
