/**
 * Injects faults at critical moments: right after a reservation, a confirmation or an award, a desk is isolated, crashes, or its clock is
 * set. Random faults would hit these moments too seldom.
 */
import type { DeskNotice } from '../src/desk/desk-events.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import { LIMITS } from '../src/composition/limits.ts';
import type { Dice } from './dice.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { RandomFates } from './random-fates.ts';
import type { SimDesk } from './sim-desk.ts';
import type { Timeline } from './timeline.ts';
import { setClock } from './troubles.ts';
import type { Witness } from './witness.ts';

export interface SaboteurInit {
  readonly dice: Dice;
  /** `sabotage` is the probability at each of these moments. */
  readonly plan: FaultPlan;
  readonly timeline: Timeline;
  readonly witness: Witness;
  readonly fates: RandomFates;
  readonly desks: readonly SimDesk[];
}

const MOMENTS: ReadonlySet<string> = new Set([
  'offer.opened',
  'acceptance.sent',
  'acceptance.queued',
  'award.reserved',
  'award.confirmed',
  'award.released',
  'award.lost_hold',
  'award.in_doubt',
  'deal.awarded',
  'deal.in_doubt',
  'offer.cancelled',
]);

export class Saboteur implements Witness {
  readonly #init: SaboteurInit;
  #healed = false;

  constructor(init: SaboteurInit) {
    this.#init = init;
  }

  healed(): void {
    this.#healed = true;
  }

  noticed(desk: PeerId, notice: DeskNotice): void {
    const { dice, plan } = this.#init;
    if (this.#healed || !MOMENTS.has(notice.event) || !dice.chance(plan.sabotage)) return;
    const concerned = 'taker' in notice && dice.chance(0.5) ? notice.taker : desk;
    const victim = this.#init.desks.find(({ id }) => id === concerned);
    if (victim === undefined) return;
    if (plan.clockJumps > 0 && dice.chance(0.2)) setClock(this.#init, victim);
    else if (dice.chance(0.3)) this.#kill(victim);
    else this.#isolate(victim);
  }

  #kill(victim: SimDesk): void {
    const { dice, timeline, witness } = this.#init;
    timeline.after(dice.chance(0.3) ? 0 : dice.spread(1, 3_000), () => {
      if (this.#healed) return;
      witness.fault?.('crash', victim.id);
      victim.crash('just then');
    });
  }

  /** Often for about the time of a hold. */
  #isolate({ id }: SimDesk): void {
    const { dice, fates } = this.#init;
    const forMs = dice.chance(0.5) ? LIMITS.reservationMs + dice.whole(-3_000, 6_000) : dice.spread(200, 30_000);
    fates.isolate(id, dice.pick(['mute', 'deaf', 'cut off'] as const), forMs);
  }
}
