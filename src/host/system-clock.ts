import type { Clock } from '../ports/clock.ts';
import { AlarmQueue } from './alarm-queue.ts';

/** The longest wait of a Node timer; a longer wait is divided. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** There is no event when the wall clock is set, so it is checked again after this. */
const WALL_CHECK_MS = 60_000;

const wallNow = (): number => Date.now();
/** Whole milliseconds: V8 stores small integers inline, which saves memory in the state of each offer. */
const monotonicNow = (): number => Math.floor(performance.now());

const wallAlarms = new AlarmQueue({ now: wallNow, waitMaxMs: WALL_CHECK_MS });
const monotonicAlarms = new AlarmQueue({ now: monotonicNow, waitMaxMs: TIMER_MAX_MS });

export const systemClock: Clock = {
  now: wallNow,
  monotonicNow,
  wakeAt: (timeMs, wake) => wallAlarms.add(timeMs, wake),
  wakeAtMonotonic: (timeMs, wake) => monotonicAlarms.add(timeMs, wake),
};
