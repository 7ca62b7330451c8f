/**
 * Both lifecycles as tables: which happening leads from which state to which. Everything that happens to an offer is one of
 * these happenings, is a record in the journal where the table of records says so, and passes `nextPhase`; there is no
 * other way to change a phase. The diagrams in docs/PROTOCOL.md are drawn from here, and a test holds them together.
 *
 * Source: docs/PROTOCOL.md, "Lifecycles". Final states have no way out: that is promise S4.
 */
export const MAKER_LIFECYCLE = {
  open: { reserved: 'reserved', cancelled: 'cancelled', expired: 'expired', voided: 'voided' },
  reserved: { awarded: 'awarded', released: 'open', cancelled: 'cancelled', expired: 'expired', voided: 'voided' },
  awarded: {},
  cancelled: {},
  expired: {},
  voided: {},
} as const;

/**
 * `voided` is what a desk makes of offers that were not final in a restored copy of its journal: what became of them was
 * written into the journal that the copy replaced, and nobody can know it here.
 * `closed` is what an operator made of a doubt by hand; it claims nothing about the maker's decision.
 * `won` straight from `accepting` and `queued` exists for makers of the original alone, whose approval is the deal;
 * `taker.ts` says so where it does it.
 * `withdrawn` and `gaveUp` are the taker's own decisions, and nothing was confirmed: it may accept anew, while the maker's
 * word and the validity allow it.
 */
export const TAKER_LIFECYCLE = {
  seen: { accepting: 'accepting', lost: 'lost' },
  accepting: {
    queued: 'queued',
    confirmed: 'confirmed',
    won: 'won',
    lost: 'lost',
    withdrawn: 'withdrawn',
    gaveUp: 'gaveUp',
    voided: 'voided',
  },
  queued: {
    accepting: 'accepting',
    confirmed: 'confirmed',
    won: 'won',
    lost: 'lost',
    withdrawn: 'withdrawn',
    gaveUp: 'gaveUp',
    voided: 'voided',
  },
  confirmed: { released: 'accepting', won: 'won', lost: 'lost', closed: 'closed', voided: 'voided' },
  closed: {},
  won: {},
  lost: {},
  withdrawn: { accepting: 'accepting', voided: 'voided' },
  gaveUp: { accepting: 'accepting', lost: 'lost', voided: 'voided' },
  voided: {},
} as const;

export type MakerPhase = keyof typeof MAKER_LIFECYCLE;
export type TakerPhase = keyof typeof TAKER_LIFECYCLE;

type Table<Phase extends string> = Readonly<Record<Phase, Readonly<Record<string, Phase>>>>;

/** The phase after `happening`, or null where the table has no such way. */
export function nextPhase<Phase extends string>(table: Table<Phase>, from: Phase, happening: string): Phase | null {
  const ways = table[from];
  return Object.hasOwn(ways, happening) ? (ways[happening] ?? null) : null;
}

/** A final phase: nothing leads out of it. */
export function isFinal<Phase extends string>(table: Table<Phase>, phase: Phase): boolean {
  return Object.keys(table[phase]).length === 0;
}

/** The taker has stopped by its own decision: nothing is under way, and it may accept anew. */
export function hasStopped(phase: TakerPhase): boolean {
  return phase === 'withdrawn' || phase === 'gaveUp';
}
