/** What happens to a world by itself, at some moment or other: deaths, partitions, clocks that are set. */
import type { PeerId } from '../src/protocol/ids.ts';
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
  /** Told whose clock was set. */
  readonly hasClockTrouble: (desk: PeerId) => void;
}

export function scheduleTroubles(init: TroublesInit): void {
  const { plan, dice, desks, fates } = init;
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

function setClock({ dice, plan, witness, hasClockTrouble }: TroublesInit, desk: SimDesk): void {
  const byMs = dice.spread(10, plan.clockJumpMaxMs) * dice.pick([1, -1]);
  witness.fault?.('clock jumps', `${desk.id} by ${byMs} ms`);
  desk.clock.jump(byMs);
  hasClockTrouble(desk.id);
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

/** An operator puts an old copy of a journal in the place of the one that is there. */
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
