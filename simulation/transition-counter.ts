/**
 * Counts the recorded transitions of both lifecycles. A campaign that never makes one of them fails, because a transition
 * that never happens is not tested. Source: `src/protocol/lifecycle.ts`.
 */
import type { PeerId } from '../src/protocol/ids.ts';
import {
  MAKER_LIFECYCLE,
  TAKER_LIFECYCLE,
  TAKER_VOLATILE_EVENTS,
  targetPhase,
  type MakerPhase,
  type TakerPhase,
} from '../src/protocol/lifecycle.ts';
import type { JournalEntry } from '../src/protocol/records.ts';
import { Checks } from './checks.ts';
import type { Ledger } from './ledger.ts';
import type { Witness } from './witness.ts';

/** Too rare for a campaign of some thousand deals; `test/protocol/lifecycle-rows.test.ts` has it. */
const RARE: readonly string[] = ['taker gaveUp voided'];

/** Phases that no record leads to. */
const VOLATILE_PHASES: readonly TakerPhase[] = ['seen', 'queued'];

export class TransitionCounter implements Witness {
  readonly name = 'transitions';
  readonly checks = new Checks(...transitionsOf('maker', MAKER_LIFECYCLE), ...transitionsOf('taker', TAKER_LIFECYCLE));
  readonly #ledger: Ledger;

  /** @param ledger that is called after this one */
  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  wrote(desk: PeerId, { offer, records }: JournalEntry): void {
    let maker = this.#ledger.maker(offer)?.phase ?? null;
    let taker = this.#ledger.taker(offer, desk)?.state.phase ?? null;
    for (const { role, record } of records) {
      if (role === 'maker') maker = this.#count(role, MAKER_LIFECYCLE, maker, record.type) ?? 'open';
      else taker = this.#count(role, TAKER_LIFECYCLE, taker, record.type) ?? 'accepting';
    }
  }

  /** The phase after the event; null for the first record of an offer. */
  #count<Phase extends MakerPhase | TakerPhase>(
    role: string,
    table: Parameters<typeof targetPhase<Phase>>[0],
    phase: Phase | null,
    event: string,
  ): Phase | null {
    if (phase === null) return null;
    this.checks.did(`${role} ${phase} ${event}`);
    return targetPhase(table, phase, event);
  }
}

/** Like `maker open reserved`. */
function transitionsOf(role: string, table: Readonly<Record<string, object>>): readonly string[] {
  const events: readonly string[] = TAKER_VOLATILE_EVENTS;
  const phases: readonly string[] = VOLATILE_PHASES;
  return Object.entries(table)
    .filter(([phase]) => !phases.includes(phase))
    .flatMap(([phase, transitions]) => Object.keys(transitions).map((event) => [phase, event] as const))
    .filter(([, event]) => !events.includes(event))
    .map(([phase, event]) => `${role} ${phase} ${event}`)
    .filter((transition) => !RARE.includes(transition));
}
