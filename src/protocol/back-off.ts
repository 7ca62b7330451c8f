/**
 * Waits between attempts: exponential back-off with a limit and jitter. The jitter is a hash, not a random number: so
 * `step` stays a function of its inputs, and different desks still wait for different times.
 */

/**
 * @param attempt attempts made so far, from 1
 * @param seed differs between desks and offers
 * @returns milliseconds, between half and all of `min(maxMs, minMs * 2^(attempt-1))`
 */
export function backOffMs(attempt: number, minMs: number, maxMs: number, seed: string): number {
  const doublings = Math.min(attempt - 1, 30);
  const ceiling = Math.min(maxMs, minMs * 2 ** doublings);
  return Math.ceil(ceiling * (0.5 + 0.5 * fractionOf(`${seed}#${attempt}`)));
}

/** @returns milliseconds, between half and all of `ms` */
export function jitteredMs(ms: number, seed: string): number {
  return backOffMs(1, ms, ms, seed);
}

/** Maps a text to a number in [0, 1). */
export function fractionOf(text: string): number {
  return hashOf(text) / 2 ** 32;
}

/** A pseudo-random order that depends only on the names and `seed`. */
export function sortByHash<Name extends string>(names: Iterable<Name>, seed: string): Name[] {
  return [...names]
    .map((name) => ({ name, place: fractionOf(`${seed} ${name}`) }))
    .sort((a, b) => a.place - b.place)
    .map(({ name }) => name);
}

/** A 32-bit hash: FNV-1a with the final mixing of MurmurHash3, so that similar texts get very different hashes. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
