/**
 * How long to wait before the next attempt: doubling up to a limit, with jitter. The jitter is a hash, not a random number: `step`
 * stays a function of its inputs, and still no two desks wait equally long.
 */

/**
 * @param attempt attempts made so far, from 1
 * @param spread what makes this waiter different from others
 * @returns milliseconds, between half and all of `min(maxMs, minMs * 2^(attempt-1))`
 */
export function backOffMs(attempt: number, minMs: number, maxMs: number, spread: string): number {
  const doublings = Math.min(attempt - 1, 30);
  const ceiling = Math.min(maxMs, minMs * 2 ** doublings);
  return Math.ceil(ceiling * (0.5 + 0.5 * fractionOf(`${spread}#${attempt}`)));
}

/** A number in [0, 1) out of a text, always the same for the same text. */
export function fractionOf(text: string): number {
  return hashOf(text) / 2 ** 32;
}

/** In an order that is always the same for the same spread, and another one for another spread. */
export function sortByHash<Name extends string>(names: Iterable<Name>, spread: string): Name[] {
  return [...names]
    .map((name) => ({ name, place: fractionOf(`${spread} ${name}`) }))
    .sort((a, b) => a.place - b.place)
    .map(({ name }) => name);
}

/** 32 bits out of a text: FNV-1a with a final avalanche (as in MurmurHash3), so that neighbours differ. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
