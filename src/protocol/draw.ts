/** Drawing lots without a die: a step is given one random number, and all draws of it use that number up. */

/** A whole number from 0, less than `count`. */
export type Draw = (count: number) => number;

/**
 * Several draws use one number up, from its first digits to its last.
 * @param random is asked once, at the first draw: at least 0, less than 1
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
