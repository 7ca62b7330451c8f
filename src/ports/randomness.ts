/** Randomness that can be seeded by the simulator. */
export interface Randomness {
  /** Unpredictable bytes, as lower-case hex digits. */
  hex(bytes: number): string;
}
