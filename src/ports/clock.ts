/** Time as the desk sees it. The manual clock of the tests and the simulator moves only when told to. */
export interface Clock {
  /** Milliseconds since 1970, by this desk's idea of them. */
  now(): number;

  /** Calls `wake` once, at `timeMs` or later; at once (but never synchronously) if that is past. */
  wakeAt(timeMs: number, wake: () => void): Alarm;
}

export interface Alarm {
  cancel(): void;
}
