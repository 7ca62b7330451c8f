/**
 * The two clocks of a desk. The wall clock can be set at any moment, by hours and in either direction; only the
 * validity of offers and the times in records use it. The monotonic clock runs forward at the speed of real time, from
 * any start value; every wait (holds, retries, back-offs, windows, status queries) uses it, so that setting the wall
 * clock does not change a wait. A monotonic time has no meaning after a restart and is never written or sent.
 *
 * For tests and simulations: a jump of the wall time must not change `monotonicNow` or the alarms of `wakeAtMonotonic`.
 * The alarms of `wakeAt` must be checked again: after a jump forward they are due at once (at the latest a minute
 * later), after a jump back they wait for the wall clock. See `ManualClock.jumpWall`.
 */
export interface Clock {
  /** Wall time: milliseconds since 1970 on this desk's clock. */
  now(): number;

  /** Monotonic time: milliseconds since some moment before the process started; never goes back, never jumps. */
  monotonicNow(): number;

  /**
   * Calls `wake` once, when the wall clock shows `timeMs` or later; at once (but never synchronously) if that is past.
   */
  wakeAt(timeMs: number, wake: () => void): Alarm;

  /** Calls `wake` once, at the monotonic time `timeMs` or later; at once (but never synchronously) if that is past. */
  wakeAtMonotonic(timeMs: number, wake: () => void): Alarm;
}

export interface Alarm {
  cancel(): void;
}
