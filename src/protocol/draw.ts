/** Random choices in a pure step: a step gets one random number, and makes all its draws from it. */

/** Returns an integer from 0 to `count - 1`. */
export type Draw = (count: number) => number;

/**
 * Each draw uses the leading digits of the number; the next draw uses the rest.
 * @param random returns a number in [0, 1); called once, at the first draw
 */
export function drawsFrom(random: () => number): Draw {
  let rest: number | null = null;
  return (count) => {
    const scaled = (rest ?? random()) * count;
    const drawn = Math.min(Math.floor(scaled), count - 1);
    rest = scaled - drawn;
    return drawn;
  };
}
