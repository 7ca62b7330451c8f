/**
 * The faults of a world, and their frequencies. Each world has only some kinds of faults. So rare combinations are frequent, and one fault
 * can't hide the effects of another (swarm testing).
 */
import type { Dice } from './dice.ts';

export interface FaultPlan {
  // Probabilities per message.
  readonly requestLost: number;
  readonly answerLost: number;
  readonly connectionLost: number;
  readonly duplicated: number;
  readonly requestDelayed: number;
  readonly answerDelayed: number;
  readonly neverSent: number;
  readonly deadAddresses: number;
  readonly garbled: number;
  /** The normal latency of a leg. */
  readonly latencyMinMs: number;
  readonly latencyMaxMs: number;
  readonly delayMaxMs: number;
  /** How often the sender gets `unsent` if the receiver is down. */
  readonly absenceCertain: number;
  // Probabilities per write and per send.
  readonly crashBeforeWrite: number;
  readonly crashAfterWrite: number;
  readonly torn: number;
  readonly journalFails: number;
  readonly crashBeforeSend: number;
  readonly crashAfterSend: number;
  readonly crashInRecovery: number;
  readonly writeMaxMs: number;
  readonly restartMinMs: number;
  readonly restartMaxMs: number;
  // Counts for the whole run.
  readonly partitions: number;
  readonly partitionMaxMs: number;
  readonly crashes: number;
  readonly cleanStops: number;
  readonly clockJumps: number;
  readonly clockJumpMaxMs: number;
  readonly cancellations: number;
  readonly withdrawals: number;
  readonly resolutions: number;
  /** The probability at each critical moment. */
  readonly sabotage: number;
  // Shares.
  readonly slowPeers: number;
  readonly clockOffsetMaxMs: number;
  readonly clockDriftMax: number;
  readonly originalErrs: number;
  readonly alarmLate: number;
  readonly restores: number;
}

/** For example after an empty battery, or in another time zone. */
const CLOCK_JUMP_MAX_MS = 6 * 3_600_000;

/** @param restores whether an old copy may replace a desk's journal */
export function drawPlan(dice: Dice, restores: boolean): FaultPlan {
  const rate = (share: number, min: number, max: number): number =>
    dice.chance(share) ? min * (max / min) ** dice.fraction() : 0;
  const some = (share: number, max: number): number => (dice.chance(share) ? dice.whole(1, max) : 0);
  const plan = {
    requestLost: rate(0.5, 0.01, 0.5),
    answerLost: rate(0.5, 0.01, 0.5),
    connectionLost: rate(0.3, 0.01, 0.2),
    duplicated: rate(0.5, 0.01, 0.3),
    requestDelayed: rate(0.5, 0.01, 0.25),
    answerDelayed: rate(0.4, 0.02, 0.4),
    neverSent: rate(0.3, 0.01, 0.2),
    deadAddresses: rate(0.5, 0.05, 0.8),
    garbled: rate(0.25, 0.02, 0.3),
    latencyMinMs: dice.whole(1, 5),
    latencyMaxMs: dice.spread(5, 400),
    delayMaxMs: dice.spread(1_000, 60_000),
    absenceCertain: dice.pick([0, 0.5, 0.9, 1]),
    crashBeforeWrite: rate(0.35, 0.002, 0.06),
    crashAfterWrite: rate(0.35, 0.002, 0.06),
    torn: rate(0.4, 0.02, 0.5),
    journalFails: rate(0.1, 0.002, 0.03),
    crashBeforeSend: rate(0.25, 0.001, 0.02),
    crashAfterSend: rate(0.25, 0.001, 0.02),
    crashInRecovery: rate(0.3, 0.05, 0.4),
    writeMaxMs: dice.spread(1, 500),
    restartMinMs: dice.spread(10, 1_000),
    restartMaxMs: dice.spread(1_000, 60_000),
    partitions: some(0.35, 3),
    partitionMaxMs: dice.spread(1_000, 60_000),
    crashes: some(0.4, 4),
    cleanStops: some(0.15, 2),
    clockJumps: some(0.4, 3),
    clockJumpMaxMs: dice.chance(0.5) ? dice.spread(100, 90_000) : dice.spread(3_600_000, CLOCK_JUMP_MAX_MS),
    cancellations: some(0.5, 4),
    withdrawals: some(0.6, 8),
    resolutions: some(0.4, 4),
    sabotage: rate(0.7, 0.02, 0.4),
    slowPeers: rate(0.2, 0.1, 0.5),
    clockOffsetMaxMs: dice.chance(0.7) ? dice.spread(10, 60_000) : 0,
    clockDriftMax: dice.chance(0.4) ? dice.fraction() * 0.02 : 0,
    alarmLate: rate(0.3, 0.02, 0.4),
    originalErrs: rate(0.6, 0.05, 0.5),
    restores: restores ? some(0.12, 2) : 0,
  };
  return dice.chance(0.12) ? { ...plan, ...overtaking(dice) } : plan;
}

/** Makes frequent what is rare: a result that arrives after its reservation has ended. Epochs must handle it. */
function overtaking(dice: Dice): Partial<FaultPlan> {
  const between = (min: number, max: number): number => min + (max - min) * dice.fraction();
  return {
    requestLost: between(0.2, 0.5),
    requestDelayed: between(0.1, 0.4),
    answerDelayed: between(0.4, 0.8),
    deadAddresses: between(0.6, 1),
    answerLost: 0,
    connectionLost: 0,
    garbled: 0,
  };
}
