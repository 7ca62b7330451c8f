/** Random bytes. A port, so that the simulator can seed them. */
export interface Randomness {
  /** Unpredictable bytes, in lower-case hex digits. */
  hex(bytes: number): string;
}
