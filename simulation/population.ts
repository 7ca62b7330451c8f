/** The peers of a world, drawn from its seed: our desks, and sometimes liars or clients of the original. */
import type { Trust } from '../src/ports/identity.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import type { OfferTerms } from '../src/protocol/messages.ts';
import { Dice } from './dice.ts';
import { MemoryDisk } from './disk.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Router } from './router.ts';
import { Liar } from './liar.ts';
import { OriginalMaker, OriginalTaker } from './originals.ts';
import type { RandomFates } from './random-fates.ts';
import { SimClock } from './sim-clock.ts';
import { SimDesk, type Tampering } from './sim-desk.ts';
import { stepsWithQueueOf } from './small-queue.ts';
import { SqliteDisk } from './sqlite-disk.ts';
import { bidFor, wants } from './wishes.ts';
import { LIAR_PREFIX } from './wire-payload.ts';
import type { Witness } from './witness.ts';

export interface PopulationInit {
  readonly seed: number;
  readonly dice: Dice;
  readonly plan: FaultPlan;
  readonly router: Router;
  readonly witness: Witness;
  readonly fates: RandomFates;
  readonly journal: 'memory' | 'sqlite';
  readonly tampering: Tampering | undefined;
  readonly presence: boolean;
  /** Receives the name of each peer, for traces. */
  readonly named: (id: PeerId, name: string) => void;
}

export interface Population {
  readonly desks: readonly SimDesk[];
  readonly takers: readonly OriginalTaker[];
  readonly makers: readonly OriginalMaker[];
  readonly liars: readonly Liar[];
}

/** The share of worlds with liars. They have no clients of the original, as these can't sign. */
const WITH_LIARS = 0.2;

const NAMES = 'ABCDEFGHIJ';

export function populate(init: PopulationInit): Population {
  if (!hasLiars(init.seed)) return { desks: makeDesks(init, 'open'), ...makeOriginals(init), liars: [] };
  const desks = makeDesks(init, 'signed');
  return { desks, takers: [], makers: [], liars: makeLiars(init, desks, new Dice(init.seed, 'liars')) };
}

export function hasLiars(seed: number): boolean {
  return new Dice(seed, 'has liars').chance(WITH_LIARS);
}

function makeLiars({ router, witness, named }: PopulationInit, desks: readonly SimDesk[], dice: Dice): readonly Liar[] {
  return Array.from({ length: dice.whole(1, 2) }, (_, index) => {
    const id = `${LIAR_PREFIX}${dice.hex(28)}` as PeerId;
    named(id, `L${index + 1}`);
    return new Liar({ id, router, witness, dice, desks: desks.map((desk) => desk.id) });
  });
}

function makeDesks(init: PopulationInit, trust: Trust): readonly SimDesk[] {
  const { seed, dice, router, witness, journal, tampering, presence, named } = init;
  const count = dice.whole(2, 5);
  const queue = dice.chance(0.15) ? dice.whole(1, 2) : null;
  const sameIds = dice.chance(0.1);
  if (queue !== null) witness.fault?.('queue of one or two', queue.toString());
  if (sameIds) witness.fault?.('same offer ids', '');
  return Array.from({ length: count }, (_, index) => {
    const id = dice.hex(32) as PeerId;
    const name = NAMES.charAt(index);
    named(id, name);
    const eagerness = dice.pick([0.6, 0.9, 1]);
    return new SimDesk({
      id,
      name,
      router,
      witness,
      clock: makeClock(init, id),
      disk: journal === 'sqlite' ? new SqliteDisk() : new MemoryDisk(),
      offerIds: new Dice(seed, sameIds ? 'offers' : `offers of ${id}`),
      eagerness,
      interest: (terms: OfferTerms) => wants(id, terms, eagerness) && bidFor(id, terms) === null,
      tampering,
      presence,
      trust,
      steps: queue === null ? undefined : stepsWithQueueOf(queue),
    });
  });
}

function makeClock({ dice, plan, router, witness, fates }: PopulationInit, id: PeerId): SimClock {
  const { clockOffsetMaxMs, clockDriftMax } = plan;
  const offsetMs = dice.whole(-clockOffsetMaxMs, clockOffsetMaxMs);
  const rate = 1 + clockDriftMax * (2 * dice.fraction() - 1);
  if (offsetMs !== 0) witness.fault?.('clock wrong', `${id} by ${offsetMs} ms`);
  if (rate !== 1) witness.fault?.('clock drifts', `${id} ${rate.toFixed(5)}`);
  return new SimClock(router.timeline, { offsetMs, rate, lateMs: () => fates.alarmLateMs(id) });
}

function makeOriginals(init: PopulationInit): Pick<Population, 'takers' | 'makers'> {
  const { seed, dice, plan, router, witness, named } = init;
  const common = { router, witness, errs: plan.originalErrs };
  const takers = Array.from({ length: dice.chance(0.25) ? dice.whole(1, 2) : 0 }, (_, index) => {
    const id = dice.hex(8) as PeerId;
    named(id, `O${index + 1}`);
    return new OriginalTaker({ ...common, id, dice: new Dice(seed, id) });
  });
  if (!dice.chance(0.1)) return { takers, makers: [] };
  const id = dice.hex(8) as PeerId;
  named(id, 'P');
  return { takers, makers: [new OriginalMaker({ ...common, id, dice: new Dice(seed, id) })] };
}
