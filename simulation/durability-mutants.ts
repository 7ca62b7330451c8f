/** Defects of durability: messages that depend on records that a crash may lose, and epochs or times that a crash can change. */
import type { JournalRecord } from '../src/protocol/records.ts';
import { withChanges } from '../testing/with-changes.ts';
import type { Mutant } from './mutant.ts';
import type { Tampering } from './sim-desk.ts';

type RecordType = JournalRecord['record']['type'];

export function doesNotWaitFor(type: RecordType): Tampering {
  return withSync(type, false);
}

/** @param mustSync whether a step that writes a record of this type waits until it is durable */
export function withSync(type: RecordType, mustSync: boolean): Tampering {
  const changed = <Step extends { readonly records: readonly { readonly type: string }[]; readonly mustSync: boolean }>(
    step: Step,
  ): Step => (step.records.some((record) => record.type === type) ? { ...step, mustSync } : step);
  return {
    steps: (steps) => ({
      maker: (...args) => changed(steps.maker(...args)),
      taker: (...args) => changed(steps.taker(...args)),
    }),
  };
}

export const DURABILITY_MUTANTS: readonly Mutant[] = [
  {
    name: 'approve-before-opened-is-durable',
    defect: 'an offer is approved, and its operator told, before it is durable',
    tampering: doesNotWaitFor('opened'),
  },
  {
    name: 'confirm-before-durable',
    defect: 'a confirmation is said before it is durable',
    tampering: doesNotWaitFor('confirmed'),
  },
  {
    name: 'tell-the-award-before-durable',
    defect: 'an award is told before it is durable',
    tampering: doesNotWaitFor('awarded'),
  },
  {
    name: 'show-won-before-durable',
    defect: 'a taker shows and acknowledges that it has won before that is durable',
    tampering: doesNotWaitFor('won'),
  },
  {
    name: 'tell-the-release-before-durable',
    defect: 'a taker is told that its hold is over before that is durable',
    tampering: doesNotWaitFor('released'),
  },
  {
    name: 'show-lost-before-durable',
    defect: 'a taker that had confirmed shows that it has lost before that is durable',
    tampering: doesNotWaitFor('lost'),
  },
  {
    name: 'withdraw-before-durable',
    defect: 'an operator is told that it has withdrawn before that is durable',
    tampering: doesNotWaitFor('withdrawn'),
  },
  {
    name: 'epochs-without-a-life',
    defect: 'the number of a desk’s life is no part of its epochs, so that a forgotten one is used again',
    tampering: { journal: (journal) => withChanges(journal, { life: 1 }) },
  },
  {
    name: 'wait-on-the-wall-clock',
    defect: 'holds, retries and questions wait on the clock that can be set',
    tampering: {
      clock: (clock) => ({
        now: () => clock.now(),
        monotonicNow: () => clock.now(),
        wakeAt: (timeMs, wake) => clock.wakeAt(timeMs, wake),
        wakeAtMonotonic: (timeMs, wake) => clock.wakeAt(timeMs, wake),
      }),
    },
  },
];
