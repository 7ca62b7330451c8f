/** The machine's own randomness. */
import { randomBytes } from 'node:crypto';
import type { Randomness } from '../ports/randomness.ts';

export const systemRandomness: Randomness = {
  hex: (bytes) => randomBytes(bytes).toString('hex'),
};
