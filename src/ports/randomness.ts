/** Randomness that can be seeded by the simulator. */
export interface Randomness {
  /** Lower-case hex digits of so many unpredictable bytes. */
  hex(bytes: number): string;
}
