/** Randomness that can be seeded by the simulator. */
export interface Randomness {
  /** Lower-case hex digits of so many unpredictable bytes. */
  hex(bytes: number): string;
  /** Uniform in [0, 1); for jitter, never for secrets. */
  fraction(): number;
}
