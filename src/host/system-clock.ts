/** The machine's own clocks. */
import type { Clock } from '../ports/clock.ts';
import { AlarmQueue } from './alarm-queue.ts';

/** The longest wait that a Node timer can do; a longer one is done in parts. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Somebody may set the wall clock while we wait for it, and nobody tells us: it is looked at again after this. */
const WALL_CHECK_MS = 60_000;

const wallNow = (): number => Date.now();
/** In whole milliseconds, which take no memory of their own in the state of each offer. */
const monotonicNow = (): number => Math.floor(performance.now());

const wallAlarms = new AlarmQueue({ now: wallNow, waitMaxMs: WALL_CHECK_MS });
const monotonicAlarms = new AlarmQueue({ now: monotonicNow, waitMaxMs: TIMER_MAX_MS });

export const systemClock: Clock = {
  now: wallNow,
  monotonicNow,
  wakeAt: (timeMs, wake) => wallAlarms.add(timeMs, wake),
  wakeAtMonotonic: (timeMs, wake) => monotonicAlarms.add(timeMs, wake),
};
