import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  isFinal,
  MAKER_LIFECYCLE,
  MAKER_START,
  targetPhase,
  TAKER_LIFECYCLE,
  TAKER_START,
  TAKER_VOLATILE_EVENTS,
  type MakerPhase,
  type TakerPhase,
} from '../../src/protocol/lifecycle.ts';
import type { OfferId } from '../../src/protocol/ids.ts';
import { IllegalRecordError } from '../../src/protocol/lifecycle.ts';
import type { MakerContext } from '../../src/protocol/maker-context.ts';
import { applyMaker, type MakerState } from '../../src/protocol/maker-state.ts';
import type { MakerRecord, ReportRecord, TakerRecord } from '../../src/protocol/records.ts';
import type { TakerContext } from '../../src/protocol/taker-context.ts';
import { applyTaker, seenState, type TakerState } from '../../src/protocol/taker-state.ts';
import { deepFreeze, peer, snapshot, START, terms } from './values.ts';

const at = START;
const taker = peer('A');

const reportRecords: Readonly<Record<ReportRecord['type'], ReportRecord>> = {
  reported: { type: 'reported', at, result: 'done' },
  reportDelivered: { type: 'reportDelivered', at },
  reportReceived: { type: 'reportReceived', at, result: 'failed', reportedAt: at },
};

const makerRecords: Readonly<Record<MakerRecord['type'], MakerRecord>> = {
  opened: { type: 'opened', at, terms: terms() },
  reserved: { type: 'reserved', at, taker, epoch: 1, until: at + 10_000 },
  released: { type: 'released', at, epoch: 1, reason: 'silent' },
  awarded: { type: 'awarded', at, taker, epoch: 1 },
  cancelled: { type: 'cancelled', at },
  expired: { type: 'expired', at },
  voided: { type: 'voided', at },
  delivered: { type: 'delivered', at },
  overdue: { type: 'overdue', at },
  renewed: { type: 'renewed', at, as: 'again' as OfferId },
  ...reportRecords,
};

const wayToMakerPhase: Readonly<Record<MakerPhase, readonly MakerRecord['type'][]>> = {
  open: [],
  reserved: ['reserved'],
  awarded: ['reserved', 'awarded'],
  cancelled: ['reserved', 'cancelled'],
  expired: ['reserved', 'expired'],
  voided: ['reserved', 'voided'],
};

const takerRecords: Readonly<Record<TakerRecord['type'], TakerRecord>> = {
  accepting: { type: 'accepting', at, terms: terms(), dialect: 'grapevine' },
  confirmed: { type: 'confirmed', at, epoch: 1 },
  released: { type: 'released', at, epoch: 1 },
  won: { type: 'won', at, epoch: 1 },
  lost: { type: 'lost', at, reason: 'taken' },
  withdrawn: { type: 'withdrawn', at },
  gaveUp: { type: 'gaveUp', at, reason: 'unreachable' },
  closed: { type: 'closed', at, as: 'lost' },
  voided: { type: 'voided', at },
  truth: { type: 'truth', at, outcome: 'awarded', won: false },
  ...reportRecords,
};

const wayToTakerPhase: Readonly<Record<TakerPhase, readonly TakerRecord['type'][]>> = {
  seen: [],
  accepting: ['accepting'],
  queued: ['accepting'],
  confirmed: ['accepting', 'confirmed'],
  closed: ['accepting', 'confirmed', 'closed'],
  won: ['accepting', 'confirmed', 'won'],
  lost: ['accepting', 'confirmed', 'lost'],
  withdrawn: ['accepting', 'withdrawn'],
  gaveUp: ['accepting', 'gaveUp'],
  voided: ['accepting', 'confirmed', 'voided'],
};

function makerIn(phase: MakerPhase): MakerState {
  const opened = applyMaker(null, makerRecords.opened);
  return wayToMakerPhase[phase].reduce<MakerState>((state, type) => applyMaker(state, makerRecords[type]), opened);
}

function takerIn(phase: TakerPhase): TakerState {
  const seen = seenState({ terms: terms(), dialect: 'grapevine' }, at);
  const state = wayToTakerPhase[phase].reduce<TakerState>(
    (before, type) => applyTaker(before, takerRecords[type]),
    seen,
  );
  return phase === 'queued' ? applyTaker(state, { type: 'queued' }) : state;
}

/** Records that belong to a phase, and lead to no other one. */
const AFTER_THE_END: ReadonlySet<string> = new Set([
  'delivered',
  'truth',
  'overdue',
  'renewed',
  'reported',
  'reportDelivered',
  'reportReceived',
]);

const makerPhases = Object.keys(MAKER_LIFECYCLE) as MakerPhase[];
const takerPhases = Object.keys(TAKER_LIFECYCLE) as TakerPhase[];
const makerTypes = Object.keys(makerRecords) as MakerRecord['type'][];
const takerTypes = Object.keys(takerRecords) as TakerRecord['type'][];

describe('both lifecycles', () => {
  it('end in these phases and in no others', () => {
    expect(makerPhases.filter((phase) => isFinal<MakerPhase>(MAKER_LIFECYCLE, phase))).toEqual([
      'awarded',
      'cancelled',
      'expired',
      'voided',
    ]);
    expect(takerPhases.filter((phase) => isFinal<TakerPhase>(TAKER_LIFECYCLE, phase))).toEqual([
      'closed',
      'won',
      'lost',
      'voided',
    ]);
  });

  it('have every record of the journal, and otherwise only the events without a record', () => {
    const eventsOf = (start: object, table: Readonly<Record<string, object>>): string[] => [
      ...new Set([start, ...Object.values(table)].flatMap((ways) => Object.keys(ways))),
    ];
    expect(eventsOf(MAKER_START, MAKER_LIFECYCLE).sort()).toEqual([...makerTypes].sort());
    expect(eventsOf(TAKER_START, TAKER_LIFECYCLE).sort()).toEqual([...takerTypes, ...TAKER_VOLATILE_EVENTS].sort());
  });

  it('are the only way to another phase: a step can’t set the phase', () => {
    expectTypeOf<Parameters<MakerContext['set']>[0]>().not.toHaveProperty('phase');
    expectTypeOf<Parameters<TakerContext['set']>[0]>().not.toHaveProperty('phase');
  });

  it('refuse events that are not in the table, even names that every object inherits', () => {
    for (const event of ['', 'toString', '__proto__', 'constructor', 'hasOwnProperty', 'Reserved']) {
      for (const phase of makerPhases) expect(targetPhase<MakerPhase>(MAKER_LIFECYCLE, phase, event)).toBeNull();
      for (const phase of takerPhases) expect(targetPhase<TakerPhase>(TAKER_LIFECYCLE, phase, event)).toBeNull();
    }
  });
});

describe("the maker's fold", () => {
  it('starts with `opened` and with nothing else', () => {
    for (const type of makerTypes.filter((each) => each !== 'opened')) {
      expect(() => applyMaker(null, makerRecords[type])).toThrow(IllegalRecordError);
    }
    expect(() => applyMaker(makerIn('open'), makerRecords.opened)).toThrow(IllegalRecordError);
  });

  for (const phase of makerPhases) {
    for (const type of makerTypes.filter((each) => each !== 'opened' && !AFTER_THE_END.has(each))) {
      const next = targetPhase<MakerPhase>(MAKER_LIFECYCLE, phase, type);
      it(`${phase}, ${type}: ${next ?? 'refused, and nothing has changed'}`, () => {
        const state = makerIn(phase);
        expect(state.phase).toBe(phase);
        const before = snapshot(deepFreeze(state));
        if (next === null) expect(() => applyMaker(state, makerRecords[type])).toThrow(IllegalRecordError);
        else expect(applyMaker(state, makerRecords[type]).phase).toBe(next);
        expect(snapshot(state)).toEqual(before);
      });
    }
  }

  it('accepts `delivered` only while an outcome is owed', () => {
    for (const phase of makerPhases) {
      const state = makerIn(phase);
      if (state.outcomeRecipient === null)
        expect(() => applyMaker(state, makerRecords.delivered)).toThrow(IllegalRecordError);
      else expect(applyMaker(state, makerRecords.delivered).outcomeRecipient).toBeNull();
    }
    const told = applyMaker(makerIn('awarded'), makerRecords.delivered);
    expect(() => applyMaker(told, makerRecords.delivered)).toThrow(IllegalRecordError);
  });

  it('refuses a used epoch, a release or an award of an epoch that is not current, and another winner', () => {
    const reserved = makerIn('reserved');
    const open = applyMaker(reserved, makerRecords.released);
    expect(() => applyMaker(open, makerRecords.reserved)).toThrow(IllegalRecordError);
    const illegal: MakerRecord[] = [
      { type: 'released', at, epoch: 2, reason: 'silent' },
      { type: 'awarded', at, taker, epoch: 2 },
      { type: 'awarded', at, taker: peer('B'), epoch: 1 },
    ];
    for (const record of illegal) expect(() => applyMaker(reserved, record)).toThrow(IllegalRecordError);
  });
});

describe("the taker's fold", () => {
  it('starts with `accepting` and with nothing else', () => {
    for (const type of takerTypes.filter((each) => each !== 'accepting')) {
      expect(() => applyTaker(null, takerRecords[type])).toThrow(IllegalRecordError);
    }
    expect(applyTaker(null, takerRecords.accepting).phase).toBe('accepting');
  });

  for (const phase of takerPhases) {
    for (const type of takerTypes.filter((each) => !AFTER_THE_END.has(each))) {
      const inTable = targetPhase<TakerPhase>(TAKER_LIFECYCLE, phase, type);
      // `won` without a confirmation is in the table for makers of the original alone.
      const next = type === 'won' && phase !== 'confirmed' ? null : inTable;
      it(`${phase}, ${type}: ${next ?? 'refused, and nothing has changed'}`, () => {
        const state = takerIn(phase);
        expect(state.phase).toBe(phase);
        const before = snapshot(deepFreeze(state));
        if (next === null) expect(() => applyTaker(state, takerRecords[type])).toThrow(IllegalRecordError);
        else expect(applyTaker(state, takerRecords[type]).phase).toBe(next);
        expect(snapshot(state)).toEqual(before);
      });
    }
  }

  it('accepts `truth` only after `closed` or `voided`', () => {
    for (const phase of takerPhases) {
      const state = takerIn(phase);
      if (phase === 'closed' || phase === 'voided') expect(applyTaker(state, takerRecords.truth).phase).toBe(phase);
      else expect(() => applyTaker(state, takerRecords.truth)).toThrow(IllegalRecordError);
    }
  });

  it('makes the approval of a client of the original the deal, directly from accepting', () => {
    const accepting = applyTaker(null, { type: 'accepting', at, terms: terms(), dialect: 'original' });
    expect(applyTaker(accepting, { type: 'won', at, epoch: null })).toMatchObject({ phase: 'won', epoch: null });
  });

  it('refuses an epoch that is over, and a release or a win of an epoch that was not confirmed', () => {
    const confirmed = takerIn('confirmed');
    const released = applyTaker(confirmed, takerRecords.released);
    expect(() => applyTaker(released, takerRecords.confirmed)).toThrow(IllegalRecordError);
    expect(() => applyTaker(confirmed, { type: 'released', at, epoch: 2 })).toThrow(IllegalRecordError);
    expect(() => applyTaker(confirmed, { type: 'won', at, epoch: 2 })).toThrow(IllegalRecordError);
  });
});
