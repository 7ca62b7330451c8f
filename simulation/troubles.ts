/** Random faults of a world: crashes, partitions, and clocks that are set. */
import type { Dice } from './dice.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { RandomFates } from './random-fates.ts';
import type { SimDesk } from './sim-desk.ts';
import type { Timeline } from './timeline.ts';
import type { Witness } from './witness.ts';

export interface TroublesInit {
  readonly dice: Dice;
  readonly plan: FaultPlan;
  readonly timeline: Timeline;
  readonly witness: Witness;
  readonly fates: RandomFates;
  readonly desks: readonly SimDesk[];
  readonly durationMs: number;
}

export function scheduleTroubles(init: TroublesInit): void {
  const { plan, dice, desks, fates, timeline, durationMs } = init;
  for (const desk of desks) if (dice.chance(plan.slowPeers)) fates.slowDown(desk.id, dice.spread(100, 6_000));
  times(init, plan.crashes, (desk) => {
    init.witness.fault?.('crash', desk.id);
    desk.crash('at some moment');
  });
  times(init, plan.cleanStops, (desk) => {
    init.witness.fault?.('clean stop', desk.id);
    void desk.stop();
  });
  times(init, plan.clockJumps, (desk) => {
    setClock(init, desk);
  });
  // Also just before the end of the faults, as this must not prolong waits.
  for (const desk of plan.clockJumps > 0 ? desks : []) {
    timeline.after(durationMs - dice.whole(1, LAST_JUMPS_MS), () => {
      if (dice.chance(0.5)) setClock(init, desk);
    });
  }
  for (let index = 0; index < plan.partitions; index += 1) schedulePartition(init);
  for (let index = 0; index < plan.restores; index += 1) scheduleRestore(init);
}

function times({ dice, timeline, desks, durationMs }: TroublesInit, count: number, act: (desk: SimDesk) => void): void {
  for (let index = 0; index < count; index += 1) {
    const desk = dice.pick(desks);
    timeline.after(dice.whole(1, durationMs - 1), () => {
      if (desk !== undefined) act(desk);
    });
  }
}

const HOUR_MS = 3_600_000;
const LAST_JUMPS_MS = 10_000;

/** Sets the clock of a desk's machine. */
export function setClock(
  { dice, plan, witness }: Pick<TroublesInit, 'dice' | 'plan' | 'witness'>,
  desk: SimDesk,
): void {
  const { clockJumpMaxMs } = plan;
  const sizeMs = dice.chance(0.5) ? dice.whole(clockJumpMaxMs / 2, clockJumpMaxMs) : dice.spread(10, clockJumpMaxMs);
  const byMs = Math.floor(sizeMs) * dice.pick([1, -1]);
  witness.fault?.(sizeMs < HOUR_MS ? 'clock jumps' : 'clock jumps by hours', `${desk.id} by ${byMs} ms`);
  desk.clock.jump(byMs);
}

function schedulePartition({ dice, plan, timeline, witness, fates, desks, durationMs }: TroublesInit): void {
  const startMs = dice.whole(1, durationMs - 1);
  const side = new Set(desks.filter(() => dice.chance(0.5)).map(({ id }) => id));
  timeline.after(startMs, () => {
    witness.fault?.('partition', [...side].join(' '));
    fates.part(side);
  });
  timeline.after(startMs + dice.spread(100, plan.partitionMaxMs), () => {
    fates.part(null);
  });
}

/** An operator replaces a journal with an old copy. */
function scheduleRestore({ dice, timeline, witness, desks, durationMs }: TroublesInit): void {
  const desk = dice.pick(desks);
  const copyAtMs = dice.whole(1, durationMs - 2);
  const restoreAtMs = dice.whole(copyAtMs, durationMs - 1);
  let copy: unknown = null;
  timeline.after(copyAtMs, () => {
    if (desk === undefined) return;
    const copying = desk.disk.copy().then((made) => {
      copy = made;
      witness.copied?.(desk.id, made);
    });
    timeline.hold(copying);
  });
  timeline.after(restoreAtMs, () => {
    if (desk === undefined || copy === null) return;
    witness.fault?.('copy restored', desk.id);
    desk.crash('to be restored');
    desk.disk.restore(copy);
    witness.restored?.(desk.id, copy);
  });
}
