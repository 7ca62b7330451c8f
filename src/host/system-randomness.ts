import { randomBytes, randomFillSync } from 'node:crypto';
import type { Randomness } from '../ports/randomness.ts';

/** Filled in one call, because a call of the generator costs much more than the bytes. Each byte is used once. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

export const systemRandomness: Randomness = {
  hex: (bytes) => {
    if (bytes > pool.length) return randomBytes(bytes).toString('hex');
    if (used + bytes > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += bytes;
    return pool.toString('hex', used - bytes, used);
  },
};
