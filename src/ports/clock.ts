/**
 * Time as the desk sees it: two clocks. The wall clock can be set, by hours and in either direction, at any moment; the validity
 * of offers and the times in records are on it, and nothing else. The monotonic clock only goes forward, at the speed of real
 * time, and starts anywhere; every wait (holds, retries, back-offs, windows, questions) is on it, so that a wait lasts as long as
 * it says whatever the wall clock does. A monotonic time means nothing after a restart and is never written or sent.
 *
 * For tests and simulations: a clock whose wall time jumps must leave `monotonicNow` and the alarms of `wakeAtMonotonic`
 * alone, and must look again at the alarms of `wakeAt`: after a jump forward they are due at once (at the latest a minute
 * later), after a jump back they wait for the wall clock. See `ManualClock.jumpWall`.
 */
export interface Clock {
  /** Wall time: milliseconds since 1970, by this desk's idea of them. */
  now(): number;

  /** Monotonic time: milliseconds since some moment before this process began; never goes back, never jumps. */
  monotonicNow(): number;

  /** Calls `wake` once, when the wall clock shows `timeMs` or later; at once (but never synchronously) if that is past. */
  wakeAt(timeMs: number, wake: () => void): Alarm;

  /** Calls `wake` once, at the monotonic time `timeMs` or later; at once (but never synchronously) if that is past. */
  wakeAtMonotonic(timeMs: number, wake: () => void): Alarm;
}

export interface Alarm {
  cancel(): void;
}
